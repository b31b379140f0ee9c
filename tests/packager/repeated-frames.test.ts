import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { decode, later, openPackager, steady } from './real-packager.ts';

test('every repeated frame names the frame whose picture it shows: the last of the source before it', async () => {
  const said: [number, number][] = [];
  const { packager, state, frames, media, close } = await openPackager(600, undefined, undefined, {
    onRepeated: (pts, of) => said.push([pts, of]),
  });
  await packager.package(later(steady(0.5), steady(0.5, 1_100_000)), () => true);
  const own = frames.map(({ pts }) => pts);
  const { times } = await decode(media, state);
  assert.deepEqual(
    said.map(([pts]) => pts),
    times.filter((pts) => !own.includes(pts)),
  );
  assert.ok(said.length > 0);
  for (const [pts, of] of said)
    assert.equal(
      of,
      own.findLast((before) => before < pts),
    );
  await close();
});

test('the first picture of the source in a run is behind a break, also where a repeated frame began that run', async () => {
  const { packager, state, events, frames, close } = await openPackager(600, undefined, undefined, {
    inputLoss: 'repeat',
    // Neither is there a silence, nor does what comes so much later count as a jump.
    stall: 60e6,
  });
  const runs = () => events.filter((event) => event.type === 'run');
  const killed = async () => {
    process.kill(runs()[0]?.pid ?? 0, 'SIGKILL');
    while (runs().length < 2) await pause(10);
  };
  await packager.package(later(steady(1), killed, steady(0.2, 10e6)), () => true);
  const breaks = frames.filter(({ discontinuity }) => discontinuity);
  assert.equal(breaks.length, 2);
  const [, again] = breaks;
  assert.equal(again?.run.id, runs()[1]?.run);
  assert.ok((again?.pts ?? 0) > (runs()[1]?.at ?? Number.POSITIVE_INFINITY), 'a repeated frame began it');
  assert.equal(state.segments.filter(({ discontinuity }) => discontinuity).length, 1);
  await close();
});
