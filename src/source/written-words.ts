import { HlsStreamError } from '../errors.ts';
import { type FrameMarking, isFault, readFrameMarking } from '../hls/frame-marker.ts';
import { readObjects } from '../hls/frame-objects.ts';
import { MOST_MARKERS } from '../hls/marker-rules.ts';

/** @throws HlsStreamError INVALID_MARKER */
export function readMarking(given: unknown, path: string): FrameMarking {
  const read = readFrameMarking(given);
  if (!isFault(read)) return read;
  throw new HlsStreamError(
    'INVALID_MARKER',
    `${path + read.path === '' ? 'the marker' : path + read.path} ${read.message}`,
  );
}

/** What is said of a frame with more markers than it may have. */
export function tooMany(): HlsStreamError {
  return new HlsStreamError(
    'INVALID_MARKER',
    `a frame has at most ${MOST_MARKERS} markers; put some on others`,
  );
}

/** @throws HlsStreamError INVALID_OBJECT */
export function checkObjects(given: readonly unknown[] | undefined): void {
  if (given === undefined) return;
  const read = readObjects(given);
  if ('fault' in read) throw new HlsStreamError('INVALID_OBJECT', `/objects${read.at} ${read.fault}`);
}
