import { toSeconds } from '../clock.ts';
import type { MediaState, SegmentEntry } from './playlist-log.ts';
import { segmentFile } from './playlist-log.ts';
import { seconds } from './render.ts';
import { discontinuitySequence, programDateTime, runChange } from './segment-text.ts';

/** File name of the I-frame playlist, beside the Media Playlist. */
export const KEY_FRAMES_FILE = 'iframes.m3u8';

/** Bytes from the beginning of a segment that hold its first frame, if that is a key frame whose size is known. */
export function keyFrameBytes(segment: SegmentEntry): number | undefined {
  return segment.filler?.kind === 'gap' ? undefined : segment.parts[0]?.keyFrame;
}

/**
 * The I-frame playlist as text (EXT-X-I-FRAMES-ONLY, rfc8216bis §4.4.3.6): the key frame that begins each closed Media
 * Segment, as a byte range of it, shown until the next. Numbered as the segments are; one whose key frame is not known
 * (an older log, a gap) is an EXT-X-GAP, and the list begins with the first that is.
 */
export function renderKeyFramePlaylist(state: MediaState): string {
  const from = firstKnown(state);
  const first = state.segments[from];
  const lines = [
    '#EXTM3U',
    // §8: EXT-X-MAP needs 5 here, EXT-X-GAP 8.
    `#EXT-X-VERSION:${state.segments.slice(from).some((segment) => keyFrameBytes(segment) === undefined) ? 8 : 6}`,
    `#EXT-X-TARGETDURATION:${toSeconds(state.stream.targetDuration)}`,
    `#EXT-X-MEDIA-SEQUENCE:${first?.msn ?? state.nextMsn}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuitySequence(state, first)}`,
    '#EXT-X-INDEPENDENT-SEGMENTS',
    '#EXT-X-I-FRAMES-ONLY',
    '',
  ];
  const texts = [lines.join('\n')];
  for (let index = from; index < state.segments.length; index += 1) {
    const before = index > from ? state.segments[index - 1] : undefined;
    texts.push(keyFrameText(state.segments[index] as SegmentEntry, before));
  }
  if (state.ended) texts.push('#EXT-X-ENDLIST\n');
  return texts.join('');
}

/** Whether an I-frame playlist has anything in it. */
export function hasKeyFrames(state: MediaState): boolean {
  return firstKnown(state) < state.segments.length;
}

function firstKnown({ segments }: MediaState): number {
  const found = segments.findIndex((segment) => keyFrameBytes(segment) !== undefined);
  return found === -1 ? segments.length : found;
}

function keyFrameText(segment: SegmentEntry, before: SegmentEntry | undefined): string {
  const bytes = keyFrameBytes(segment);
  // §4.4.4.2: where the range begins is said each time, so that none depends on the one before.
  const range = bytes === undefined ? '#EXT-X-GAP' : `#EXT-X-BYTERANGE:${bytes}@0`;
  return `${runChange(segment, before)}${programDateTime(segment)}#EXTINF:${seconds(segment.duration)},\n${range}\n${segmentFile(segment.msn)}\n`;
}
