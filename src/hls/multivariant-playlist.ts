import type { InitEntry } from './playlist-log.ts';

/**
 * The Multivariant Playlist as text (rfc8216bis §4.4.6): one Variant Stream, shaped as the newest run.
 * `mediaUri` is where its Media Playlist is, absolute or relative to this one.
 */
export function renderMultivariantPlaylist(init: InitEntry, mediaUri: string): string {
  const attributes = [
    `BANDWIDTH=${Math.ceil(init.bandwidth)}`,
    ...(init.averageBandwidth === undefined ? [] : [`AVERAGE-BANDWIDTH=${Math.ceil(init.averageBandwidth)}`]),
    `CODECS="${init.codecs}"`,
    `RESOLUTION=${init.width}x${init.height}`,
    // §4.4.6.2: a decimal-floating-point, rounded to three decimal places.
    `FRAME-RATE=${init.frameRate.toFixed(3)}`,
  ];
  return [
    '#EXTM3U',
    '#EXT-X-VERSION:6',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    `#EXT-X-STREAM-INF:${attributes.join(',')}`,
    mediaUri,
    '',
  ].join('\n');
}
