import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AddressLimits } from '../../src/api/access/address-limits.ts';
import { fixture, until } from './fixture.ts';
import { assertError, send } from './http.ts';
import { SseClient } from './sse-client.ts';

const bearer = (token: string, more = {}) => ({ headers: { authorization: `Bearer ${token}`, ...more } });
const readers = {
  tokens: [{ secret: 'open-sesame', streams: undefined }],
  keys: ['a key of thirty-two characters..'],
};

describe('a wall clock that is set', () => {
  for (const days of [-1, 1])
    test(`by ${days} day shuts nobody out, answers nobody early, and says of nothing that it stands still`, async (t) => {
      const { get, write, clock, packager } = await fixture(t, {
        segments: 3,
        token: 'write-sesame',
        perAddress: { writes: 1 },
      });
      const mark = () => write('POST', '/markers', { text: 'here' }, bearer('write-sesame'));
      for (let count = 0; count < 6; count += 1) assert.equal((await mark()).status, 201);
      assert.equal((await mark()).headers['retry-after'], '1');
      const path = `/video/cam/e1/main/media.m3u8?_HLS_msn=${packager.msn}`;
      let answered = false;
      const next = get(path).finally(() => {
        answered = true;
      });
      await until(async () => /^hlsstream_blocking_waits\{.*\} 1$/m.test((await get('/metrics')).text));
      clock.set(days * 86_400_000);
      clock.advance(2000);
      assert.equal(answered, false);
      await packager.addSegments(1);
      assert.equal((await next).status, 200);
      clock.advance(4000);
      assert.equal((await mark()).status, 201);
    });
});

describe('an address that tries tokens', () => {
  test('does not do so with what a proxy lets people in by', async (t) => {
    const { get, write } = await fixture(t, {
      segments: 3,
      token: 'write-sesame',
      perAddress: { failedTokens: 2 },
    });
    const basic = { headers: { Authorization: `Basic ${btoa('me:pass')}` } };
    for (let count = 0; count < 5; count += 1) {
      assert.equal((await get('/streams', basic)).status, 200);
      assertError(await write('POST', '/markers', { text: 'x' }, basic), 401, 'UNAUTHORIZED');
    }
    assert.equal((await write('POST', '/markers', { text: 'x' }, bearer('write-sesame'))).status, 201);
  });

  test('is heard ten times, then once each six seconds, however it asks; others go on', async (t) => {
    const told: string[] = [];
    const { get, write, clock } = await fixture(t, {
      segments: 3,
      readers,
      token: 'write-sesame',
      perAddress: {
        failedTokens: 10,
        trustProxy: ['127.0.0.0/8'],
        refused: (what, address) => told.push(`${what} ${address}`),
      },
    });
    const here = { 'X-Forwarded-For': '198.51.100.7' };
    const signedIn = await write('POST', '/sign-in', { token: 'open-sesame' }, { headers: here });
    const cookie = String(signedIn.headers['set-cookie']?.[0]).split(';')[0] ?? '';
    const tries = [
      () => get('/markers', bearer('guess', here)),
      () => get('/video/cam.m3u8', bearer('guess', here)),
      () => get('/healthz', bearer('guess', here)),
      () => write('POST', '/sign-in', { token: 'guess' }, { headers: here }),
      () => get('/access', bearer('guess', { ...here, 'X-Original-URI': '/markers' })),
    ];
    for (const [at, status] of [401, 401, 200, 401].entries())
      assert.equal((await tries[at]?.())?.status, status);
    for (let left = 6; left > 0; left -= 1)
      assertError(await get('/markers', bearer('guess', here)), 401, 'UNAUTHORIZED');
    // From here on not even the right one is looked at: to guess it would be answered.
    const refused = await get('/markers', bearer('open-sesame', here));
    assertError(refused, 429, 'TOO_MANY_REQUESTS');
    assert.equal(refused.headers['retry-after'], '6');
    for (const again of [tries[0], tries[1], tries[3]])
      assertError(await (again as () => ReturnType<typeof get>)(), 429, 'TOO_MANY_REQUESTS');
    // Who is signed in looks on, and so does whoever comes from elsewhere.
    assert.equal((await get('/markers', { headers: { ...here, cookie } })).status, 200);
    assert.equal(
      (await get('/markers', bearer('open-sesame', { 'X-Forwarded-For': '198.51.100.8' }))).status,
      200,
    );
    assert.equal(
      (await get('/markers', bearer('open-sesame', { 'X-Forwarded-For': '198.51.100.7, 203.0.113.1' })))
        .status,
      200,
    );
    clock.advance(6000);
    assert.equal((await get('/markers', bearer('open-sesame', here))).status, 200);
    assert.ok(told.includes('failed tokens 198.51.100.7'));
  });

  test('tries no more of them at several processes than at one', async (t) => {
    const { get, another } = await fixture(t, { segments: 3, readers, perAddress: { failedTokens: 3 } });
    const others = [await another(), await another()];
    const statuses: number[] = [];
    for (let at = 0; at < 3; at += 1) {
      const port = others[at]?.port;
      const guess = bearer(`guess-${at}`);
      statuses.push(
        (await (port === undefined ? get('/markers', guess) : send(port, '/markers', guess).answer)).status,
      );
    }
    assert.deepEqual(statuses, [401, 401, 401]);
    for (const port of others.map((other) => other.port))
      await until(async () => (await send(port, '/markers', bearer('open-sesame')).answer).status === 429);
    await until(async () => (await get('/markers', bearer('open-sesame'))).status === 429);
  });

  test('learns nothing by asking whether it may mark, nor by writing', async (t) => {
    const { get, write } = await fixture(t, {
      segments: 3,
      token: 'write-sesame',
      perAddress: { failedTokens: 4 },
    });
    assert.equal((await get('/streams', bearer('write-sesame'))).json.mayMark, true);
    for (const guess of ['a', 'b']) assert.equal((await get('/streams', bearer(guess))).json.mayMark, false);
    for (const guess of ['c', 'd'])
      assertError(await write('POST', '/markers', { text: 'x' }, bearer(guess)), 401, 'UNAUTHORIZED');
    assert.equal((await get('/streams', bearer('write-sesame'))).json.mayMark, false);
    assertError(
      await write('POST', '/markers', { text: 'x' }, bearer('write-sesame')),
      429,
      'TOO_MANY_REQUESTS',
    );
    assert.equal((await get('/markers')).status, 200);
  });

  test('is not believed when it says that it asks for another', () => {
    const limits = new AddressLimits({ now: () => 0, trustProxy: ['10.0.0.0/8', '2001:db8::1'] });
    const of = (remoteAddress: string, said?: string) =>
      limits.addressOf({ remoteAddress, headers: said === undefined ? {} : { 'x-forwarded-for': said } });
    assert.equal(of('192.0.2.1', '198.51.100.1'), '192.0.2.1');
    assert.equal(of('10.1.1.1', '198.51.100.1'), '198.51.100.1');
    // What stands further left anybody may have written.
    assert.equal(of('10.1.1.1', '203.0.113.9, 198.51.100.1'), '198.51.100.1');
    assert.equal(of('::ffff:10.1.1.1', '203.0.113.9, 198.51.100.1, 10.2.2.2'), '198.51.100.1');
    // Some proxies say the port, too: else all that come through one would be it.
    for (const said of ['198.51.100.1:4711', '203.0.113.9, 198.51.100.1:4711'])
      assert.equal(of('10.1.1.1', said), '198.51.100.1');
    for (const said of ['[2a00::5]:4711', '[2a00::5]']) assert.equal(of('10.1.1.1', said), '2a00:0:0:0');
    for (const nonsense of ['', 'unknown', '1.2.3', 'x, "'])
      assert.equal(of('10.1.1.1', nonsense), '10.1.1.1');
    // One host has a whole network of IPv6.
    assert.equal(of('2001:db8:1:2:3:4:5:6'), of('2001:db8:1:2::9'));
    assert.notEqual(of('2001:db8:1:2::9'), of('2001:db8:1:3::9'));
    assert.equal(of('2001:db8::1', '2a00::5'), '2a00:0:0:0');
  });
});

test('an address may write only so fast, and hold open only so much', async (t) => {
  const { get, write, port, packager, start, clock, api } = await fixture(t, {
    segments: 3,
    perAddress: { writes: 2, events: 2, blocked: 2 },
  });
  const answers: number[] = [];
  for (let at = 0; at < 12; at += 1) answers.push((await write('POST', '/markers', { text: 'x' })).status);
  assert.deepEqual(answers, [...Array(11).fill(201), 429]);
  clock.advance(500);
  assert.equal((await write('POST', '/markers', { text: 'x' })).status, 201);

  const clients = [
    await SseClient.open(port, '/markers/events'),
    await SseClient.open(port, '/streams/cam/markers/events'),
  ];
  assertError(await get('/markers/events'), 429, 'TOO_MANY_REQUESTS');
  clients[0]?.close();
  await until(async () => {
    const client = new SseClient(port, '/markers/events');
    await until(() => client.events.length > 0 || client.ended).catch(() => {});
    client.close();
    return client.events.length > 0;
  });
  clients[1]?.close();

  const next = api.live.stream('cam')?.state?.nextMsn ?? 0;
  const hinted = `${packager.url}/media.m3u8?_HLS_msn=${next}&_HLS_part=0`;
  const held = [start(hinted), start(hinted)];
  await until(
    async () =>
      (await get('/metrics')).text.includes('hlsstream_blocking_waits 2') ||
      (await get(hinted)).status === 429,
  );
  const refused = await get(hinted);
  assertError(refused, 429, 'TOO_MANY_REQUESTS');
  assert.match(String(refused.headers['retry-after']), /^\d+$/);
  await packager.addPart();
  assert.deepEqual(
    (await Promise.all(held.map(({ answer }) => answer))).map(({ status }) => status),
    [200, 200],
  );
});
