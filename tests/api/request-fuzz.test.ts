import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hangBound } from '../hang-bound.ts';
import { isLong, tried } from '../long.ts';
import { fixture } from './fixture.ts';
import { type Answer, send } from './http.ts';
import { type Chance, chance } from './request-maker.ts';

const REQUESTS = tried(500, 12_000);
/** Under way at a time. */
const LANES = 12;
/** Nobody waits longer for an answer on a machine of its own, in seconds. */
const BOUND = 20;

type Some<T> = readonly [T, ...T[]];

const TEXTS: Some<string> = [
  ...([
    '',
    'goal',
    'x'.repeat(300),
    'x'.repeat(3000),
    '<script>alert(1)</script>',
    '\u0000',
    '\ud800',
    '🏳️‍🌈',
  ] as const),
  ...[
    '__proto__',
    'constructor',
    'toString',
    '../..',
    '%00',
    '"',
    '\r\nX: y',
    'null',
    'NaN',
    '(a+)+$',
    'cam',
    'm-1',
  ],
];
const NUMBERS: Some<unknown> = [
  ...([0, -0, 1, 0.5, 1.0000005, -1, 1e3, 1e9, 1e21, 2 ** 53, 1e308, -1e308, 5e-324] as const),
  ...['0', '1e999', 'Infinity', '-', '1,5', null, true, [], {}, '9'.repeat(400)],
];
const DATES: Some<string> = [
  ...([
    '2026-05-01T12:00:01Z',
    '2026-05-01T12:00:01.5+00:00',
    '2026-05-01 12:00:01 00:00',
    '2026-13-45T99:99:99Z',
  ] as const),
  ...[
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59Z',
    '+275760-09-13T00:00:00Z',
    'now',
    '',
    '2026-05-01',
    '-1',
  ],
];
const PATHS: Some<string> = [
  ...([
    '/markers',
    '/markers',
    '/markers',
    '/markers/{id}',
    '/markers/events',
    '/streams',
    '/streams/{name}',
  ] as const),
  ...[
    '/streams/{name}/markers',
    '/streams/{name}/markers/{id}',
    '/streams/{name}/markers/events',
    '/openapi.json',
  ],
  ...[
    '/streams/{name}/thumbnails.json',
    '/streams/{name}/thumbnails.vtt',
    '/clips/{name}.mp4',
    '/video/{name}.m3u8',
  ],
  ...[
    '/video/cam/e1/main/media.m3u8',
    '/video/cam/e1/main/{n}.m4s',
    '/video/cam/e1/main/{n}.{n}.m4s',
    '/healthz',
  ],
  ...[
    '/video/cam/e1/main/init-r1.mp4',
    '/video/cam/{id}/main/{n}.m4s',
    '/readyz',
    '/metrics',
    '/embed',
    '/{id}',
    '/access',
  ],
  ...['/sign', '/sign-in', '/s/{id}/markers', '/s/{n}.{id}/video/{name}.m3u8'],
];
const METHODS: Some<string> = [
  'GET',
  'GET',
  'GET',
  'GET',
  'POST',
  'POST',
  'POST',
  'PATCH',
  'DELETE',
  'HEAD',
  'OPTIONS',
  'PUT',
];
/** What takes such a method. */
const LIKELY: Readonly<Record<string, Some<string>>> = {
  POST: ['/markers', '/markers', '/streams/{name}/markers', '/sign', '/sign-in'],
  PATCH: ['/markers/{id}', '/streams/{name}/markers/{id}'],
  DELETE: ['/markers/{id}'],
};
const KEYS: Some<string> = [
  ...([
    'ts_start',
    'ts_end',
    'overlapping',
    'class',
    'limit',
    'page',
    'from',
    'to',
    'marker',
    'filler',
  ] as const),
  ...['start', 'end', '_HLS_msn', '_HLS_part', '_HLS_skip', 'last-event-id', 'stream', 't', '__proto__'],
];
const FIELDS: Some<string> = [
  ...([
    'text',
    'text',
    'class',
    'duration',
    'time',
    'date',
    'id',
    'data',
    'source',
    'path',
    'for',
    'token',
  ] as const),
  ...['__proto__', 'constructor', 'end', 'op'],
];
const TYPES: Some<string | undefined> = [
  ...([
    'application/json',
    'application/json',
    'application/json',
    'application/json; charset=utf-16',
  ] as const),
  ...['text/plain', 'multipart/form-data', 'application/x-www-form-urlencoded', '', undefined],
];
const HEADERS: Some<readonly [string, Some<string>]> = [
  ['Accept', ['*/*', 'text/html', 'application/json;q=0', 'a/b, */*;q=0.1', 'x'.repeat(4000)]],
  ['Accept-Encoding', ['gzip', 'identity;q=0', '*;q=0', 'br, gzip;q=0.5']],
  ['If-None-Match', ['*', '"x"', 'W/"', '"a", "b"', '"']],
  ['If-Match', ['*', '"x"', '"']],
  ['Range', ['bytes=0-3', 'bytes=-1', 'bytes=9-1', 'bytes=0-0,2-2', 'x=0-1']],
  ['Last-Event-ID', ['0', 'x-1', 'x'.repeat(500), '-', '9'.repeat(40)]],
  ['Authorization', ['Bearer x', 'Bearer', 'Basic eA==', '']],
  ['Cookie', ['hlsstream=x', '=', 'a=b; '.repeat(100), '__proto__=x']],
  ['Origin', ['null', 'https://a.example', 'x']],
  ['X-Forwarded-Prefix', ['/a', '//b', '/../c']],
  ['X-HTTP-Method-Override', ['DELETE']],
];

function anything(by: Chance, depth = 0): unknown {
  const kind = by.below(depth > 4 ? 3 : 6);
  if (kind === 0) return by.one(TEXTS);
  if (kind === 1) return by.one(NUMBERS);
  if (kind === 2) return by.one(DATES);
  if (kind === 3) return Array.from({ length: by.below(4) }, () => anything(by, depth + 1));
  if (kind === 4) return nested(by.below(120));
  return object(by, depth);
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = level % 2 ? [value] : { a: value };
  return value;
}

function object(by: Chance, depth: number): unknown {
  const fields = Array.from({ length: by.below(5) }, () => [by.one(FIELDS), anything(by, depth + 1)]);
  return Object.fromEntries(fields);
}

/** A marker that is likely to be taken, with something odd in it now and then. */
function marker(by: Chance): unknown {
  const likely = {
    text: by.is(0.8) ? 'goal' : by.one(TEXTS),
    ...(by.is(0.3) && { time: by.is(0.7) ? by.below(6) : by.one(NUMBERS) }),
    ...(by.is(0.2) && { date: by.one(DATES) }),
    ...(by.is(0.3) && { duration: by.is(0.7) ? by.below(3) : by.one(NUMBERS) }),
    ...(by.is(0.3) && { id: `m-${by.below(40)}` }),
    ...(by.is(0.2) && { data: anything(by) }),
    ...(by.is(0.1) && { class: by.one(TEXTS) }),
  };
  return by.is(0.85) ? likely : anything(by);
}

function body(by: Chance): string | Buffer {
  if (by.is(0.1)) return Buffer.from(Array.from({ length: by.below(200) }, () => by.below(256)));
  const made = by.is(0.15) ? Array.from({ length: by.below(5) }, () => marker(by)) : marker(by);
  const text = JSON.stringify(made) ?? '';
  if (by.is(0.05)) return text.slice(0, by.below(text.length + 1));
  return by.is(0.02) ? '['.repeat(50_000) : text;
}

function value(by: Chance): string {
  return String(
    by.one([by.one(TEXTS), by.one(NUMBERS), by.one(DATES), String(by.below(6)), String(by.below(6))]),
  );
}

/** One request of no particular sense. */
function make(by: Chance) {
  const fill = (path: string) =>
    path.replace(/\{(\w+)\}/g, (_, what: string) => {
      if (what === 'name' && by.is(0.8)) return 'cam';
      if (what === 'n' && by.is(0.7)) return String(by.below(6));
      if (what === 'id' && by.is(0.6)) return `m-${by.below(40)}`;
      return encodeURIComponent(by.one(TEXTS).replace(/[\ud800-\udfff]/g, '?')).slice(0, 2000);
    });
  const query = Array.from({ length: by.is(0.5) ? by.below(4) : 0 }, () => {
    const text = value(by)
      .replace(/[\ud800-\udfff]/g, '?')
      .slice(0, 2000);
    return `${by.one(KEYS)}=${by.is(0.8) ? encodeURIComponent(text) : text.replace(/[^!-~]/g, '')}`;
  });
  const method = by.one(METHODS);
  const likely = LIKELY[method];
  const place = likely !== undefined && by.is(0.8) ? by.one(likely) : by.one(PATHS);
  const path = fill(place) + (query.length > 0 ? `?${query.join('&')}` : '');
  const headers: Record<string, string> = {};
  const type = by.is(0.7) ? 'application/json' : by.one(TYPES);
  if (type !== undefined) headers['Content-Type'] = type;
  for (let count = by.below(3); count > 0; count -= 1) {
    const [name, values] = by.one(HEADERS);
    headers[name] = by.one(values);
  }
  return { path, method, headers, ...(method !== 'GET' && method !== 'HEAD' && { body: body(by) }) };
}

test('no request ends a server, hangs in it or finds a fault of ours, whatever is in it', async (t) => {
  const seed = Number(process.env.SEED ?? (isLong ? Math.floor(Math.random() * 2 ** 32) : 20_261_127));
  t.diagnostic(`seed ${seed}: run it again with SEED=${seed}`);
  const { port, clock, failures, get, write } = await fixture(t, { segments: 4 });
  // What waits for the next part is given up in a while.
  const passing = setInterval(() => clock.advance(500), 20);
  const statuses = new Map<number, number>();
  let rss = process.memoryUsage.rss();
  let next = 0;
  const lane = async () => {
    for (let mine = next++; mine < REQUESTS; mine = next++) {
      // What was made and compiled on the way is no leak.
      if (mine === Math.floor(REQUESTS / 4)) rss = process.memoryUsage.rss();
      const { path, ...asked } = make(chance(seed + mine));
      const said = `seed ${seed + mine}: ${JSON.stringify({ path, ...asked }).slice(0, 2000)}`;
      const answer = await ask(port, path, asked).catch((error: unknown) => {
        throw new Error(said, { cause: error });
      });
      if (answer === undefined) continue;
      const { status } = answer;
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      assert.ok(status < 500 || status === 503, `${status} for ${said}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: LANES }, lane));
  } finally {
    clearInterval(passing);
  }
  t.diagnostic(
    [...statuses]
      .sort()
      .map(([status, count]) => `${status}: ${count}`)
      .join(', '),
  );
  assert.deepEqual(failures, []);
  for (const status of [200, 201, 400, 404])
    assert.ok((statuses.get(status) ?? 0) > REQUESTS / 100, `${status}`);
  const posted = await write('POST', '/markers', { text: 'still here', id: 'last' });
  assert.equal(posted.status, 201, posted.text);
  const { markers } = (await get('/markers?limit=10000')).json as { markers: { id: string }[] };
  assert.ok(markers.some(({ id }) => id === 'last'));
  const grown = (process.memoryUsage.rss() - rss) / 2 ** 20;
  assert.ok(grown < 150, `${grown} MiB`);
});

/** Its answer; undefined where an event stream began, or the request could not even be written. */
function ask(port: number, path: string, asked: Parameters<typeof send>[2]): Promise<Answer | undefined> {
  return new Promise((resolve, reject) => {
    const { request, answer } = send(port, path, asked);
    const bound = hangBound(BOUND);
    const timer = setTimeout(() => {
      request.destroy();
      reject(new Error(`no answer within ${bound} ms`));
    }, bound);
    request.on('response', (response) => {
      if (!String(response.headers['content-type']).startsWith('text/event-stream')) return;
      resolve(undefined);
      request.destroy();
    });
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
