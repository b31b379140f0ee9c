import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLong, tried } from '../long.ts';
import { grown, watchSteadily } from './steady.ts';

test('what a system holds does not grow once its window has filled, with 20 viewers and 5 markers a second', async () => {
  const { figures, hung } = await watchSteadily({
    ...{ window: tried(10, 30), settle: tried(14, 60), seconds: tried(12, 120) },
  });
  assert.equal(hung, 0);
  assert.ok(figures.length > 15, `${figures.length} figures`);
  // How busy the machine is, a minute says nothing of: that is held by the long form alone.
  const held = figures.filter(({ name }) => isLong || !name.endsWith('event loop ms'));
  // Node grows for minutes until it collects in earnest: the hours are for `npm run soak -- leaks`.
  assert.deepEqual(grown(held, tried(40, 30)), []);
});
