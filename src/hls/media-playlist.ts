import { toSeconds } from '../clock.ts';
import { countBeyond } from './count-beyond.ts';
import { renderDateRange } from './date-range.ts';
import type { DateRangeFacts } from './marker-log.ts';
import {
  listedOpenParts,
  type MediaState,
  nextPart,
  type PartEntry,
  partFile,
  type SegmentEntry,
} from './playlist-log.ts';
import { decimal } from './render.ts';
import { sameRunFollows } from './same-run.ts';
import { BLOCK, blockText, discontinuitySequence, openSegmentText, segmentText } from './segment-text.ts';
import { skipBoundary } from './stream-log.ts';

/** What a Media Playlist is to look like. */
export interface MediaPlaylistOptions {
  /** The date ranges to write, in order: all listed ones, or with `skip: 'v2'` only those changed of late. */
  readonly dateRanges: readonly DateRangeFacts[];
  /** Announce Playlist Delta Updates (CAN-SKIP-UNTIL). @default false */
  readonly deltaUpdates?: boolean;
  /** Render a Playlist Delta Update, if delta updates are announced and there is something to skip. */
  readonly skip?: 'YES' | 'v2' | undefined;
  /** With `skip: 'v2'`: ids of date ranges that left the list within the last {@link skipBoundary}. */
  readonly removedDateRanges?: readonly string[];
}

/**
 * How many closed segments still list their parts, beside the open one. The standard wants parts gone once
 * they are three target durations behind the end (rfc8216bis §6.2.2), and nobody plays them there.
 */
export const CLOSED_WITH_PARTS = 2;

/**
 * The Media Playlist as text (RFC 8216 §4.3, rfc8216bis §4.4). URIs are relative: media lies in the same
 * folder. The text of a segment is made once and kept as long as its entry lives, so a reload costs what is
 * new and the joining of what is there.
 */
export function renderMediaPlaylist(state: MediaState, options: MediaPlaylistOptions): string {
  const open = listedOpenParts(state);
  const delta = options.deltaUpdates === true;
  // §6.2.5.1: directives mean nothing once the playlist has its EXT-X-ENDLIST.
  const skipped = delta && options.skip !== undefined && !state.ended ? skippable(state, open) : 0;

  const lines = [header(state, delta)];
  if (skipped > 0) lines.push(skipTag(skipped, options));
  for (const range of options.dateRanges) lines.push(renderDateRange(range));
  const withParts = state.segments.length - CLOSED_WITH_PARTS;
  for (let index = skipped; index < state.segments.length; ) {
    const block = index > 0 && index + BLOCK <= withParts ? blockText(state.segments, index) : undefined;
    lines.push(block ?? segmentText(state.segments, index, index >= withParts));
    index += block === undefined ? 1 : BLOCK;
  }
  if (open.length > 0) lines.push(openSegmentText(open, state.segments.at(-1)));
  if (state.ended) lines.push('#EXT-X-ENDLIST\n');
  else lines.push(preloadHint(state));
  return lines.join('');
}

function header(state: MediaState, delta: boolean): string {
  const { stream } = state;
  const first = firstListed(state);
  const skip = delta ? `,CAN-SKIP-UNTIL=${decimal(skipBoundary(state.stream))},CAN-SKIP-DATERANGES=YES` : '';
  return [
    '#EXTM3U',
    // §8: EXT-X-MAP outside I-frame playlists needs 6, skipping segments 9, skipping date ranges 10.
    `#EXT-X-VERSION:${delta ? 10 : 6}`,
    `#EXT-X-TARGETDURATION:${toSeconds(stream.targetDuration)}`,
    `#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=${decimal(stream.partHoldBack)},HOLD-BACK=${decimal(stream.holdBack)}${skip}`,
    `#EXT-X-PART-INF:PART-TARGET=${decimal(stream.partTarget)}`,
    `#EXT-X-MEDIA-SEQUENCE:${first?.msn ?? state.nextMsn}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuitySequence(state, first)}`,
    '#EXT-X-INDEPENDENT-SEGMENTS',
    '',
  ].join('\n');
}

function firstListed(state: MediaState): SegmentEntry | PartEntry | undefined {
  return state.segments[0] ?? listedOpenParts(state)[0];
}

/** §4.4.5.2. */
function skipTag(skipped: number, options: MediaPlaylistOptions): string {
  const removed =
    options.skip === 'v2' && options.removedDateRanges !== undefined
      ? `,RECENTLY-REMOVED-DATERANGES="${options.removedDateRanges.join('\t')}"`
      : '';
  return `#EXT-X-SKIP:SKIPPED-SEGMENTS=${skipped}${removed}\n`;
}

/** The Media Sequence Number of the first segment that a Playlist Delta Update does not skip. */
export function firstOfDelta(state: MediaState): number {
  return state.segments[skippable(state, listedOpenParts(state))]?.msn ?? state.nextMsn;
}

/** Whether a Playlist Delta Update would skip an EXT-X-DISCONTINUITY. */
export function skipsDiscontinuity(state: MediaState): boolean {
  const last = state.segments[skippable(state, listedOpenParts(state)) - 1];
  return (
    last !== undefined && last.discontinuitySequence !== discontinuitySequence(state, firstListed(state))
  );
}

/** How many segments from the front lie wholly beyond the Skip Boundary, counted from the playlist's end. */
function skippable(state: MediaState, open: readonly PartEntry[]): number {
  const behind = open.reduce((sum, part) => sum + part.duration, 0);
  return countBeyond(state.segments, skipBoundary(state.stream), behind);
}

/**
 * §4.4.5.3. A hinted part belongs to the run whose EXT-X-MAP stands before it. So where another run is to come its
 * EXT-X-DISCONTINUITY stands there already, and nothing is hinted before a part of it is listed: a run that dies before
 * that leaves its first part's name to the next one, which has another map. In a gap nothing is hinted.
 */
function preloadHint(state: MediaState): string {
  const { msn, part } = nextPart(state);
  if (sameRunFollows(state)) return `#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${partFile(msn, part)}"\n`;
  return state.segments.at(-1)?.filler?.kind === 'gap' ? '' : '#EXT-X-DISCONTINUITY\n';
}
