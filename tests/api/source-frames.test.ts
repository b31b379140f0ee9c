import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { FrameSpan } from '../../src/hls/source-frames.ts';
import { type Fixture, fixture, until } from './fixture.ts';
import { assertError } from './http.ts';

/** Five frames a part, 0.1 s apart, numbered from PTS 1 s on; the source's clock is 100 s ahead of the stream's. */
function numbered(pts: number): FrameSpan[] {
  const first = (pts - 1_000_000) / 100_000;
  return [{ at: [0, 100_000, 200_000, 300_000, 400_000], offset: -100_000_000, number: first }];
}

async function streaming(t: TestContext, frames = numbered): Promise<Fixture> {
  const all = await fixture(t);
  all.packager.frames = frames;
  await all.packager.announce();
  await all.packager.addSegments(3);
  await all.caughtUp();
  return all;
}

test('a marker by the source’s clock or by the number of a frame stands on that very frame', async (t) => {
  const { write } = await streaming(t);
  for (const [place, time] of [
    [{ sourcePts: 101 }, 1],
    [{ sourcePts: 103.3 }, 3.3],
    [{ sourcePts: 103.35 }, 3.35],
    [{ frame: 0 }, 1],
    [{ frame: 23 }, 3.3],
    [{ frame: 59 }, 6.9],
  ] as const) {
    const answer = await write('POST', '/markers', { text: 'x', ...place });
    assert.equal(answer.status, 201, answer.text);
    assert.equal(answer.json.time, time, JSON.stringify(place));
  }
});

test('a frame that is not packaged yet is waited for', async (t) => {
  const { write, packager, get } = await streaming(t);
  let answered = false;
  const waiting = write('POST', '/markers', [
    { text: 'first', frame: 61 },
    { text: 'second', sourcePts: 107.7 },
    { text: 'known', time: 2 },
  ]).finally(() => {
    answered = true;
  });
  await packager.addPart();
  // Still one of them to come: all or none.
  await get('/streams');
  assert.equal(answered, false);
  assert.deepEqual((await get('/markers')).json.markers, []);
  await packager.addPart();
  const answer = await waiting;
  assert.equal(answer.status, 201, answer.text);
  assert.deepEqual(
    answer.json.map(({ time }: { time: number }) => time),
    [7.1, 7.7, 2],
  );
});

/** The answer to a request, up to which the clock goes on. */
async function inTime<T>({ clock }: Fixture, waiting: Promise<T>): Promise<T> {
  let answered = false;
  const answer = waiting.finally(() => {
    answered = true;
  });
  await until(() => {
    if (!answered) clock.advance(1000);
    return answered;
  });
  return answer;
}

test('one that does not come within 10 s is refused', async (t) => {
  const made = await streaming(t);
  const { write, packager } = made;
  const answer = await inTime(made, write('POST', '/markers', { text: 'x', frame: 1000 }));
  assertError(answer, 503, 'FRAME_NOT_PACKAGED');
  assert.equal(answer.json.error.path, '/frame');
  assert.ok(packager.msn === 3);
});

test('a number where frames have none is refused with what names them instead', async (t) => {
  const made = await streaming(t, (pts) => numbered(pts).map(({ number, ...span }) => span));
  const objects = [{ label: 'a', box: [0, 0, 1, 1] }];
  const answer = await inTime(made, made.write('POST', '/objects', { frame: 7, source: 'me', objects }));
  assertError(answer, 503, 'FRAME_NOT_PACKAGED');
  assert.match(answer.json.error.message, /have no numbers: name it by time or sourcePts/);
});

for (const days of [-1, 1]) {
  test(`as long is waited when the wall clock is set by ${days} days meanwhile`, async (t) => {
    const { write, clock } = await streaming(t);
    let answered = false;
    let passed = 0;
    const timers = clock.running;
    const waiting = write('POST', '/markers', { text: 'x', frame: 1000 }).finally(() => {
      answered = true;
    });
    // It looks at the clock from when it waits.
    await until(() => clock.running > timers);
    clock.set(days * 86_400_000);
    await until(() => {
      if (answered) return true;
      clock.advance(1000);
      passed += 1;
      // Once it has to be refused no more time passes.
      return passed >= 10;
    });
    assertError(await waiting, 503, 'FRAME_NOT_PACKAGED');
    assert.equal(passed, 10);
  });
}

test('one that is not in the media is refused, and the next one named', async (t) => {
  const all = await streaming(t);
  const { write, packager, caughtUp } = all;
  // Five frames are lost; the source goes on.
  packager.startRun();
  packager.frames = (pts) =>
    numbered(pts).map((span) => ({ ...span, offset: span.offset - 500_000, number: (span.number ?? 0) + 5 }));
  await packager.addSegments(1);
  await caughtUp();
  const lost = await write('POST', '/markers', { text: 'x', frame: 62 });
  assertError(lost, 422, 'MARKER_OUT_OF_RANGE');
  assert.match(
    lost.json.error.message,
    /the next that is, is at 7 s, by the source's clock 107.5 s, and has the number 65/,
  );
  assertError(await write('POST', '/markers', { text: 'x', sourcePts: 107.2 }), 422, 'MARKER_OUT_OF_RANGE');
  assertError(await write('POST', '/markers', { text: 'x', sourcePts: 90 }), 422, 'MARKER_OUT_OF_RANGE');
  assertError(await write('POST', '/markers', { text: 'x', sourcePts: 1e6 }), 422, 'MARKER_OUT_OF_RANGE');
  assert.equal((await write('POST', '/markers', { text: 'x', frame: 65 })).json.time, 7);
  assert.equal((await write('POST', '/markers', { text: 'x', sourcePts: 107.5 })).json.time, 7);
});

test('of a source that begins to count anew the newest frame is meant', async (t) => {
  const { write, packager, caughtUp } = await streaming(t);
  packager.startRun();
  packager.frames = (pts) =>
    numbered(pts).map((span) => ({ at: span.at, offset: 7_000_000, number: (span.number ?? 0) - 60 }));
  await packager.addSegments(1);
  await caughtUp();
  assert.equal((await write('POST', '/markers', { text: 'x', frame: 3 })).json.time, 7.3);
  assert.equal((await write('POST', '/markers', { text: 'x', sourcePts: 0.3 })).json.time, 7.3);
  assert.equal((await write('POST', '/markers', { text: 'x', sourcePts: 103.3 })).json.time, 3.3);
});

test('places that make no sense are refused', async (t) => {
  const { write } = await streaming(t);
  for (const [place, path] of [
    [{ frame: -1 }, '/frame'],
    [{ frame: 1.5 }, '/frame'],
    [{ frame: '1' }, '/frame'],
    [{ sourcePts: 1e12 }, '/sourcePts'],
    [{ sourcePts: '1' }, '/sourcePts'],
    [{ frame: 1, sourcePts: 1 }, ''],
    [{ frame: 1, time: 1 }, ''],
  ] as const) {
    const answer = await write('POST', '/markers', { text: 'x', ...place });
    assertError(answer, 422, 'INVALID_MARKER');
    assert.equal(answer.json.error.path, path, answer.text);
  }
});
