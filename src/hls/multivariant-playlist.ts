import type { InitEntry } from './playlist-log.ts';

/** The I-frame playlist beside a Variant Stream. */
export interface KeyFrameStream {
  /** Where its playlist is, absolute or relative to the Multivariant Playlist. */
  readonly uri: string;
  /** In bits per second. */
  readonly bandwidth: number;
  readonly averageBandwidth: number;
}

/**
 * The Multivariant Playlist as text (rfc8216bis §4.4.6): one Variant Stream, shaped as the newest run, and its
 * key frames.
 * @param init the newest run; AVERAGE-BANDWIDTH in bits per second where it has been measured
 * @param mediaUri where its Media Playlist is, absolute or relative to this one
 */
export function renderMultivariantPlaylist(
  init: InitEntry & { readonly averageBandwidth?: number },
  mediaUri: string,
  keyFrames?: KeyFrameStream,
): string {
  const shape = [`CODECS="${init.codecs}"`, `RESOLUTION=${init.width}x${init.height}`];
  const attributes = [
    ...bandwidths(init.bandwidth, init.averageBandwidth),
    ...shape,
    // §4.4.6.2: a decimal-floating-point, rounded to three decimal places.
    `FRAME-RATE=${init.frameRate.toFixed(3)}`,
    // Players need not look for captions within the pictures.
    'CLOSED-CAPTIONS=NONE',
  ];
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:6',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    `#EXT-X-STREAM-INF:${attributes.join(',')}`,
    mediaUri,
  ];
  if (keyFrames !== undefined) {
    const { bandwidth, averageBandwidth, uri } = keyFrames;
    const own = [...bandwidths(bandwidth, averageBandwidth), ...shape, `URI="${uri}"`];
    // §4.4.6.3.
    lines.push(`#EXT-X-I-FRAME-STREAM-INF:${own.join(',')}`);
  }
  return [...lines, ''].join('\n');
}

function bandwidths(peak: number, average: number | undefined): string[] {
  return [
    `BANDWIDTH=${Math.ceil(peak)}`,
    ...(average === undefined ? [] : [`AVERAGE-BANDWIDTH=${Math.ceil(average)}`]),
  ];
}
