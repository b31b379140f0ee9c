/** A source of chance that can be had again: mulberry32. */
export function chance(seed: number) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (count: number) => Math.floor(next() * count);
  return {
    below,
    is: (share: number) => next() < share,
    one: <T>(of: readonly [T, ...T[]]): T => of[below(of.length)] ?? of[0],
  };
}

/** See {@link chance}. */
export type Chance = ReturnType<typeof chance>;

const TARGETS = [
  ...['/video/cam.m3u8', '/video/cam/e1/main/media.m3u8', '/video/cam/e1/main/init-r1.mp4'],
  ...['/video/cam/e1/main/0.m4s', '/video/cam/e1/main/1.2.m4s', '/video/cam/e1/main/1.m4s?x=1'],
  ...['/video/cam/e1/main/media.m3u8?_HLS_msn=1&_HLS_part=1', '/video/cam/e1/main/media.m3u8?_HLS_skip=YES'],
  ...['/video/cam/e1/main/media.m3u8?_HLS_part=1', '/video/cam/e1/main/media.m3u8?_HLS_msn=1000'],
  ...['/video/none.m3u8', '/video/cam/e9/main/0.m4s', '/video/', '/video', '/video/cam/e1/main/99.m4s'],
  ...['/video/cam/e1/main/../main/0.m4s', '/video/%63am.m3u8', '/video/cam.m3u8#part', '//video/cam.m3u8'],
  ...['/healthz', '/markers', '/nothing', '*', 'video/cam.m3u8', 'http://a/video/cam.m3u8', 'http://a'],
  ...['/video/cam.m3u8\t', '/video/cam .m3u8', '/video/c\x80m.m3u8', '/video/cam.m3u8?q="x"', '/video/\x01'],
] as [string, ...string[]];

const HOSTS = [
  ...[
    'localhost',
    'localhost',
    'localhost',
    'a.example:8080',
    '[::1]:5000',
    '',
    'a b',
    'a/b',
    'a,b',
    '[::1',
    'a:99999',
  ],
] as [string, ...string[]];

/** Names as they may come, each with values that mean something to somebody. */
const FIELDS: readonly [
  readonly [string, readonly [string, ...string[]]],
  ...(readonly [string, readonly [string, ...string[]]])[],
] = [
  [
    'Range',
    [
      'bytes=0-3',
      'bytes=2-',
      'bytes=-2',
      'bytes=9-1',
      'bytes=99-',
      'bytes=0-9007199254740991',
      'bytes=0-1,3-4',
      'lines=1-2',
      'bytes=,1-2,',
    ],
  ],
  ['If-None-Match', ['*', '"e1-0.m4s"', 'W/"e1-0.m4s"', '"other"', '"a,b", "e1-0.m4s"', 'e1-0.m4s']],
  ['If-Match', ['*', '"e1-0.m4s"', 'W/"e1-0.m4s"', '"other"', '']],
  ['If-Range', ['"e1-0.m4s"', '"other"', 'Thu, 01 Jan 1970 00:00:00 GMT']],
  ['If-Modified-Since', ['Thu, 01 Jan 1970 00:00:00 GMT', 'never']],
  [
    'Accept-Encoding',
    ['gzip', 'gzip, deflate, br', 'gzip;q=0', 'identity', '*', 'br', 'GZIP', '*;q=0, gzip;q=0.5'],
  ],
  ['Origin', ['https://site.example', 'https://other.example', 'null']],
  ['Connection', ['keep-alive', 'Keep-Alive', 'close', 'keep-alive, close', 'upgrade', 'te', '', 'CLOSE ']],
  ['Proxy-Connection', ['close', 'keep-alive']],
  ['Keep-Alive', ['timeout=1', 'timeout=1000, max=2']],
  ['Content-Length', ['0', '3', '-1', 'x', '+3', '3, 3']],
  ['Transfer-Encoding', ['chunked', 'identity', 'gzip, chunked']],
  ['Upgrade', ['websocket', 'h2c']],
  ['HTTP2-Settings', ['AAMAAABkAARAAAAAAAIAAAAA']],
  ['Expect', ['100-continue', 'miracles']],
  ['TE', ['trailers']],
  ['Trailer', ['X-T']],
  ['Cookie', ['a=1', 'b=2; c=3']],
  ['User-Agent', ['player/1.0 (like; others)', 'ä player', '']],
  ['X-Forwarded-For', ['1.2.3.4', '1.2.3.4, 5.6.7.8']],
  ['X-Forwarded-Prefix', ['/cams', '//evil', '/a/../b']],
  ['Accept', ['*/*', 'text/html, */*;q=0.1']],
  ['__proto__', ['x']],
  ['constructor', ['x']],
  ['X-\x80', ['x']],
  ['X(', ['x']],
];

/** White space and breaks round values and lines: mostly as they should be. */
const BEFORE = [' ', ' ', ' ', ' ', ' ', '', '  ', '\t', ' \x0b', '\xa0'] as [string, ...string[]];
const BEHIND = ['', '', '', '', '', '', ' ', '\t ', '\xa0', '\0', '\x0b'] as [string, ...string[]];
const BREAKS = [
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\n',
  '\r',
  '\r\n ',
  '\r\r\n',
] as [string, ...string[]];

/** One request, likely a good one, perhaps with oddities; a body where it says so, or not. */
function makeRequest({ one, is, below }: Chance, odd: number): string {
  const isOdd = is(odd);
  const end = () => (isOdd && is(0.15) ? one(BREAKS) : '\r\n');
  const method =
    isOdd && is(0.2)
      ? one(['HEAD', 'POST', 'OPTIONS', 'get', 'GETS', 'PATCH', 'TRACE', 'CONNECT', ''])
      : 'GET';
  const version =
    isOdd && is(0.1) ? one(['HTTP/1.0', 'HTTP/1.2', 'HTTP/2.0', 'http/1.1', 'HTTP/1.1 ', '']) : 'HTTP/1.1';
  const target = is(0.7) ? (TARGETS[below(8)] ?? '/') : one(TARGETS);
  const lines = [`${method} ${target} ${version}`];
  if (!isOdd || is(0.9)) lines.push(`Host:${isOdd ? one(BEFORE) : ' '}${isOdd ? one(HOSTS) : 'localhost'}`);
  let length = 0;
  for (let count = below(isOdd ? 7 : 4); count > 0; count -= 1) {
    const [name, values] = isOdd ? one(FIELDS) : (FIELDS[below(7)] ?? FIELDS[0]);
    const written = is(0.3) ? name.toLowerCase() : is(0.1) ? name.toUpperCase() : name;
    const value = one(values);
    if (name === 'Content-Length') length = Number(value) || 0;
    lines.push(
      `${written}${isOdd && is(0.04) ? ' ' : ''}:${isOdd ? one(BEFORE) : ' '}${value}${isOdd && is(0.3) ? one(BEHIND) : ''}`,
    );
  }
  if (isOdd && is(0.1)) lines.push(`host: ${one(HOSTS)}`);
  if (isOdd && is(0.03)) lines.push(`X-Long: ${'x'.repeat(below(20_000))}`);
  if (isOdd && is(0.03)) lines.push(one(['no colon', ': no name', ' folded', '\0', ':']));
  const head = lines.map((line) => line + end()).join('');
  return `${head}${isOdd && is(0.05) ? '' : '\r\n'}${length > 0 ? 'abc'.slice(0, length) : ''}`;
}

/** What a client sends over one connection: few requests, likely odd, or many; in pieces that come one after the other. */
export function makePieces(by: Chance): string[] {
  const [count, odd] = by.is(0.5) ? [1 + by.below(2), 0.6] : [4 + by.below(12), 0.02];
  const requests = Array.from({ length: count }, () => makeRequest(by, odd));
  const text = requests.join('');
  if (by.is(0.3)) return requests;
  if (by.is(0.6)) return [text];
  const cuts = Array.from({ length: 1 + by.below(3) }, () => by.below(text.length)).sort((a, b) => a - b);
  return [0, ...cuts].map((from, at) => text.slice(from, cuts[at] ?? text.length));
}
