import type { Anchor, EpochMicroseconds, Microseconds } from '../clock.ts';
import { countBeyond } from './count-beyond.ts';
import type { Filler } from './filler.ts';
import { asGap } from './gap.ts';
import type { FrameSpan } from './source-frames.ts';
import { type StreamEntry, skipBoundary } from './stream-log.ts';

/**
 * The playlist as an ordered log: what the packager appends and every API child folds into its own copy.
 * Two logs for each epoch, so that either can be trimmed from its front: the playlist log and the parts log.
 */

/**
 * One start of the encoder: its init segment can be fetched ({@link initFile}). Repeated now and then so the log can be
 * trimmed.
 */
export interface InitEntry {
  readonly type: 'init';
  readonly run: string;
  readonly anchor: Anchor;
  /** RFC 6381. */
  readonly codecs: string;
  readonly width: number;
  readonly height: number;
  readonly frameRate: number;
  /** BANDWIDTH of the Multivariant Playlist: what no stretch of the media exceeds, in bits per second. */
  readonly bandwidth: number;
  /** BANDWIDTH of the key frames alone, in bits per second, where it is known. */
  readonly keyFrameBandwidth?: number;
}

/**
 * A Partial Segment that can be fetched as `<msn>.<part>.m4s`. The one that closes its segment is not told by
 * itself: the segment's entry lists it, so no open list ever hints beyond a last part.
 */
export interface PartEntry {
  readonly type: 'part';
  /** Media Sequence Number of the segment it belongs to. */
  readonly msn: number;
  /** Index within the segment, from 0. */
  readonly part: number;
  readonly run: string;
  readonly pts: Microseconds;
  readonly duration: Microseconds;
  /** Program date time of its first frame. */
  readonly date: EpochMicroseconds;
  readonly independent: boolean;
  readonly bytes: number;
  /** Bytes from its beginning that hold its first frame, where that is a key frame; not in older logs. */
  readonly keyFrame?: number;
  /** An EXT-X-DISCONTINUITY precedes the segment it belongs to. */
  readonly discontinuity: boolean;
  /** Absolute discontinuity number of its segment. */
  readonly discontinuitySequence: number;
  /** It shows no pictures of the source, nor does any part of its segment. */
  readonly filler?: Filler;
  /** The frames of the source that it shows; not in older logs. */
  readonly frames?: readonly FrameSpan[];
}

/** A part as its closed segment remembers it. */
export type SegmentPart = Pick<PartEntry, 'duration' | 'independent' | 'bytes' | 'keyFrame' | 'frames'>;

/** A Media Segment that can be fetched as `<msn>.m4s`. Self-contained: a fold may begin at any of them. */
export interface SegmentEntry {
  readonly type: 'segment';
  readonly msn: number;
  readonly run: string;
  readonly pts: Microseconds;
  readonly duration: Microseconds;
  readonly date: EpochMicroseconds;
  readonly bytes: number;
  readonly discontinuity: boolean;
  readonly discontinuitySequence: number;
  readonly filler?: Filler;
  /** Its run is over: what follows belongs to another. */
  readonly endsRun?: true;
  /** Its Partial Segments in order; together they are the segment, byte for byte. */
  readonly parts: readonly SegmentPart[];
}

/** Segments with an MSN below `before` left the Media Playlist. */
export interface RemovedEntry {
  readonly type: 'removed';
  readonly before: number;
}

/** The run that listed last will not go on with this MSN: for one whose last segment could not say so. */
export interface BreakEntry {
  readonly type: 'break';
  readonly msn: number;
}

/** Listed segments with these MSNs have lost their media: EXT-X-GAP (rfc8216bis §4.4.4.7). */
export interface LostEntry {
  readonly type: 'lost';
  readonly from: number;
  readonly before: number;
}

/** The source has ended: EXT-X-ENDLIST, for good. */
export interface EndEntry {
  readonly type: 'end';
}

/** One entry of the playlist log. */
export type PlaylistEntry = InitEntry | SegmentEntry | RemovedEntry | BreakEntry | LostEntry | EndEntry;

/** Name of the log of {@link PlaylistEntry} of an epoch. */
export function playlistLogName(name: string, epoch: string): string {
  return `playlist/${name}/${epoch}`;
}

/** Name of the log of {@link PartEntry} of an epoch. */
export function partsLogName(name: string, epoch: string): string {
  return `parts/${name}/${epoch}`;
}

/** The one rendition there is so far; part of every media URL. */
export const RENDITION = 'main';

/** Storage path, and URL path below `/video/`, of an epoch's folder of media. */
export function mediaFolder(name: string, epoch: string): string {
  return `${name}/${epoch}/${RENDITION}`;
}

/**
 * How a run is called in the logs: its id and what its init segment says. Runs that are decoded alike share the file, and
 * so the URI of their EXT-X-MAP: players have it already. video.js 8 also appends the init segment of a new URI anew for
 * each Partial Segment that comes in a playlist of its own, and browsers then drop all up to the next key frame.
 * @param init a digest of the init segment
 */
export function runName(id: string, init: string): string {
  return `${id}.${init}`;
}

/** The id within a {@link runName}. */
export function runId(name: string): string {
  return name.split('.', 1)[0] ?? '';
}

/** File name of a run's init segment; older logs call runs by their id alone, and so the file. */
export function initFile(run: string): string {
  return `init-${run.slice(run.lastIndexOf('.') + 1)}.mp4`;
}

/** File name of a Media Segment. */
export function segmentFile(msn: number): string {
  return `${msn}.m4s`;
}

/** File name of a Partial Segment. */
export function partFile(msn: number, part: number): string {
  return `${msn}.${part}.m4s`;
}

/** The fold of both logs: what is listed now. Changed in place by {@link applyPlaylistEntry} and its siblings. */
export interface MediaState {
  stream: StreamEntry;
  /** The newest run's init entry; undefined before the first. */
  init: InitEntry | undefined;
  /** Listed segments, oldest first, without holes in their MSNs. */
  segments: SegmentEntry[];
  /** The segments that left the list last, oldest first: at least the Skip Boundary of media, if so much left. */
  removed: SegmentEntry[];
  /** MSN of the segment that is open or will be opened next. */
  nextMsn: number;
  /** Parts not yet part of a closed segment, in order: those of the open one, maybe some of its successor. */
  openParts: PartEntry[];
  /** Discontinuity number of the newest closed segment; 0 before the first. */
  discontinuitySequence: number;
  /** MSN of the newest {@link BreakEntry}; −1 before the first. */
  brokenAt: number;
  ended: boolean;
  /** Grows with every change that a rendered playlist could show. */
  version: number;
}

/** The fold of an empty log. */
export function emptyMediaState(stream: StreamEntry): MediaState {
  return {
    stream,
    init: undefined,
    ...{ segments: [], removed: [], openParts: [] },
    nextMsn: 0,
    discontinuitySequence: 0,
    brokenAt: -1,
    ended: false,
    version: 0,
  };
}

/** Folds one entry of the playlist log into `state`; entries already folded change nothing. */
export function applyPlaylistEntry(state: MediaState, entry: PlaylistEntry): void {
  if (entry.type === 'init') {
    if (state.init?.run === entry.run) return;
    state.init = entry;
  } else if (entry.type === 'segment') {
    if (entry.msn < state.nextMsn) return;
    state.segments.push(entry);
    state.nextMsn = entry.msn + 1;
    state.discontinuitySequence = entry.discontinuitySequence;
    state.openParts = state.openParts.filter((part) => part.msn > entry.msn);
  } else if (entry.type === 'removed') {
    // MSNs have no holes, so the place of `before` needs no search.
    const gone = entry.before - (state.segments[0]?.msn ?? entry.before);
    if (gone <= 0) return;
    state.removed.push(...state.segments.splice(0, gone));
    // Those within the Skip Boundary are remembered.
    state.removed.splice(0, countBeyond(state.removed, skipBoundary(state.stream)));
  } else if (entry.type === 'break') state.brokenAt = Math.max(state.brokenAt, entry.msn);
  else if (entry.type === 'lost') {
    // All of them are new ones: texts that were made of a list are kept with its segments.
    state.segments = state.segments.map((segment) =>
      segment.msn >= entry.from && segment.msn < entry.before ? asGap(segment) : { ...segment },
    );
  } else if (state.ended) return;
  else state.ended = true;
  state.version += 1;
}

/**
 * Folds one entry of the parts log. The two logs are followed side by side, so a part may come after its
 * closed segment (ignored) or before the segment ahead of it was folded (kept until then).
 */
export function applyPartEntry(state: MediaState, entry: PartEntry): void {
  const known = state.openParts.at(-1) ?? { msn: state.nextMsn, part: -1 };
  if (entry.msn < known.msn || (entry.msn === known.msn && entry.part <= known.part)) return;
  state.openParts.push(entry);
  if (entry.msn === state.nextMsn) state.version += 1;
}

/** The parts that can be listed now: those of the open segment. */
export function listedOpenParts(state: MediaState): PartEntry[] {
  return state.openParts.filter((part) => part.msn === state.nextMsn);
}

/** The part that comes next, as EXT-X-PRELOAD-HINT names it (rfc8216bis §4.4.5.3). */
export function nextPart(state: MediaState): Pick<PartEntry, 'msn' | 'part'> {
  return { msn: state.nextMsn, part: listedOpenParts(state).length };
}

/** The newest segment, also where all have left the list. */
export function newestSegment({ segments, removed }: MediaState): SegmentEntry | undefined {
  return segments.at(-1) ?? removed.at(-1);
}
