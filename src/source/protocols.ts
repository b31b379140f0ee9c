/** Below a file: what it is wrapped in. A playlist on disk does not reach into the network. */
const FILE = ['file', 'crypto', 'data', 'concat', 'concatf', 'subfile', 'cache', 'async'];
const HTTP = ['http', 'https', 'httpproxy', 'tls', 'tcp', 'crypto', 'data', 'cache', 'async'];

/** What each kind of source may use, by its scheme: its own transports, and nothing that reads this machine's files. */
const BY_SCHEME: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^(?:https?|hls\+https?|dash\+https?)$/, HTTP],
  [/^rtsps?$/, ['rtsp', 'rtsps', 'rtp', 'srtp', 'udp', 'tcp', 'tls', 'http', 'https', 'httpproxy']],
  [
    /^rtmp/,
    [
      'rtmp',
      'rtmpe',
      'rtmps',
      'rtmpt',
      'rtmpte',
      'rtmpts',
      'ffrtmphttp',
      'ffrtmpcrypt',
      'http',
      'https',
      'tcp',
      'tls',
    ],
  ],
  [/^(?:rtp|srtp|udp|udplite)$/, ['rtp', 'srtp', 'udp', 'udplite']],
  [/^mms/, ['mmsh', 'mmst', 'http', 'tcp']],
];

/**
 * The protocols that ffmpeg may use for a source, whatever that leads to.
 * @param isLocal it is a file, a pipe or a device of this machine
 */
export function protocolsFor(input: string, isLocal: boolean): readonly string[] {
  if (isLocal) return [...FILE, 'pipe', 'fd'];
  const scheme = /^(?:(?:cache|async|crypto)[+:])*([a-z][a-z0-9+.-]*)/i.exec(input)?.[1]?.toLowerCase() ?? '';
  if (FILE.includes(scheme)) return FILE;
  const known = BY_SCHEME.find(([pattern]) => pattern.test(scheme));
  return known === undefined ? [scheme, 'tcp', 'udp', 'tls'] : known[1];
}
