import { toIsoDate } from '../clock.ts';
import {
  initFile,
  type MediaState,
  type PartEntry,
  partFile,
  type SegmentEntry,
  segmentFile,
} from './playlist-log.ts';
import { seconds } from './render.ts';

/** How many segments {@link blockText} joins. */
export const BLOCK = 64;

const alone = new WeakMap<SegmentEntry, string>();
const together = new WeakMap<SegmentEntry, string>();
const blocks = new WeakMap<SegmentEntry, string>();

/** The lines of a Media Segment (rfc8216bis §4.4.4), made once; the first of the list names its EXT-X-MAP. */
export function segmentText(segments: readonly SegmentEntry[], index: number, withParts: boolean): string {
  const segment = segments[index] as SegmentEntry;
  const texts = withParts ? together : alone;
  let text = texts.get(segment);
  if (text === undefined) {
    const gap = segment.filler?.kind === 'gap';
    // A segment that could not be written may have parts that were: they are not to be had without it (§4.4.4.9).
    const parts = withParts
      ? segment.parts.map((part, number) => partTag(segment.msn, number, part, gap))
      : [];
    text = `${programDateTime(segment)}${parts.join('')}${gap ? '#EXT-X-GAP\n' : ''}#EXTINF:${seconds(segment.duration)},\n${segmentFile(segment.msn)}\n`;
    texts.set(segment, text);
  }
  return runChange(segment, segments[index - 1]) + text;
}

/**
 * The lines of the {@link BLOCK} segments from `index` on, without parts, made once; undefined where no block
 * begins. In a window of hours nearly all of the playlist is such blocks. `index` must not be 0.
 */
export function blockText(segments: readonly SegmentEntry[], index: number): string | undefined {
  const first = segments[index] as SegmentEntry;
  if (first.msn % BLOCK !== 0) return undefined;
  let text = blocks.get(first);
  if (text === undefined) {
    const texts: string[] = [];
    for (let place = index; place < index + BLOCK; place += 1) {
      texts.push(segmentText(segments, place, false));
      // The block keeps this text from now on.
      alone.delete(segments[place] as SegmentEntry);
    }
    text = texts.join('');
    blocks.set(first, text);
  }
  return text;
}

/** The lines of a segment that is still open, `parts` of it so far; `before` is the last closed one. */
export function openSegmentText(parts: readonly PartEntry[], before: SegmentEntry | undefined): string {
  const [first] = parts;
  if (first === undefined) return '';
  const tags = parts.map((part) => partTag(part.msn, part.part, part));
  return runChange(first, before) + programDateTime(first) + tags.join('');
}

/** EXT-X-DISCONTINUITY-SEQUENCE (§4.4.3.3): the number of what is listed `first`, less its own tag, if it has one. */
export function discontinuitySequence(
  state: MediaState,
  first: SegmentEntry | PartEntry | undefined,
): number {
  return first === undefined
    ? state.discontinuitySequence
    : first.discontinuitySequence - (first.discontinuity ? 1 : 0);
}

/** EXT-X-DISCONTINUITY and EXT-X-MAP (§4.4.4.3, §4.4.4.5), where a run or the list begins. */
export function runChange(entry: SegmentEntry | PartEntry, before: SegmentEntry | undefined): string {
  const discontinuity = entry.discontinuity ? '#EXT-X-DISCONTINUITY\n' : '';
  return discontinuity + (entry.run === before?.run ? '' : mapTag(entry.run));
}

/** §4.4.4.5. */
function mapTag(run: string): string {
  return `#EXT-X-MAP:URI="${initFile(run)}"\n`;
}

/** §4.4.4.6. */
export function programDateTime(entry: SegmentEntry | PartEntry): string {
  return `#EXT-X-PROGRAM-DATE-TIME:${toIsoDate(entry.date)}\n`;
}

/** §4.4.4.9; the parts of an EXT-X-GAP segment (§4.4.4.7) are GAP=YES. */
function partTag(
  msn: number,
  index: number,
  part: Pick<PartEntry, 'duration' | 'independent'>,
  gap = false,
): string {
  const independent = part.independent ? ',INDEPENDENT=YES' : '';
  return `#EXT-X-PART:DURATION=${seconds(part.duration)},URI="${partFile(msn, index)}"${independent}${gap ? ',GAP=YES' : ''}\n`;
}
