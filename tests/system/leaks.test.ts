import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tried } from '../long.ts';
import { grown, watchSteadily } from './steady.ts';

test('what a system holds does not grow once its window has filled, with 20 viewers and 5 markers a second', async () => {
  const { figures, hung } = await watchSteadily({
    ...{ window: tried(10, 30), settle: tried(14, 60), seconds: tried(12, 120) },
  });
  assert.equal(hung, 0);
  assert.ok(figures.length > 15, `${figures.length} figures`);
  // Node grows for minutes until it collects in earnest: the hours are for `npm run soak -- leaks`.
  assert.deepEqual(grown(figures, tried(40, 30)), []);
});
