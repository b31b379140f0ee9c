import assert from 'node:assert/strict';
import { test } from 'node:test';
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
