import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tried } from '../long.ts';
import { killAtRandom } from './random-kills.ts';

test('whoever is killed at random, what was acknowledged is there once, in order, on its frame', async (t) => {
  const seed = Number(process.env.SEED ?? 20_261_127);
  t.diagnostic(`seed ${seed}: run it again with SEED=${seed}`);
  const { killed, posted, shown, violations, misplaced, unsaid, untold, lost, disordered, moved } =
    await killAtRandom({
      kills: tried(4, 60),
      seed,
      pause: tried(500, 2500),
    });
  // One that was killed a moment ago may not run yet.
  assert.ok(killed >= tried(2, 30) && posted >= 20 && shown > 0, `${killed}, ${posted}, ${shown}`);
  assert.deepEqual(
    { violations, misplaced, unsaid, untold, lost, disordered, moved },
    {
      ...{ violations: [], misplaced: [], unsaid: [], untold: [], lost: [], disordered: [], moved: [] },
    },
  );
});
