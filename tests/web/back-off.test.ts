import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { jitteredBackOff } from '../../web/api/back-off.ts';

describe('jitteredBackOff', () => {
  test('doubles up to ten seconds, and never goes above', () => {
    const longest = [0, 1, 2, 3, 4, 5, 6, 7, 100, 5000].map((failures) => jitteredBackOff(failures, () => 1));
    assert.deepEqual(longest, [0, 500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000, 10_000]);
  });

  test('leaves half of each wait to chance, so that pages do not come in step', () => {
    assert.equal(
      jitteredBackOff(3, () => 0),
      1000,
    );
    const waits = new Set(Array.from({ length: 50 }, () => Math.round(jitteredBackOff(6))));
    assert.ok(waits.size > 25, `${[...waits]}`);
    assert.ok([...waits].every((wait) => wait >= 5000 && wait <= 10_000));
  });
});
