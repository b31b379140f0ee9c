import type { Microseconds } from '../clock.ts';
import type { MediaState } from '../hls/playlist-log.ts';
import type { RetainedPage } from '../hls/retained-log.ts';

/** PTS up to which media is neither listed nor in a list that somebody may still have (RFC 8216 §6.2.2). Pure. */
export function unlistedBefore(media: MediaState | undefined, pages: readonly RetainedPage[]): Microseconds {
  const { segments = [], stream } = media ?? {};
  const [first] = segments;
  if (first === undefined || stream === undefined) return Number.POSITIVE_INFINITY;
  // Of another epoch nothing is listed.
  const others = pages.findLast(({ epoch }) => epoch !== stream.epoch)?.end ?? Number.NEGATIVE_INFINITY;
  return Math.max(Math.min(others, first.pts), first.pts - stream.window - stream.holdBack);
}
