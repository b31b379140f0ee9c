import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunBegin } from '../../src/hls/marker-runs.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import type { Store } from '../../src/store/store.ts';
import { begins, ends, logName, markers, openWriter, picture } from './writing.ts';

const [first, second]: readonly [RunBegin, RunBegin] = [
  { id: 'a', at: 0, from: 0 },
  { id: 'b', at: 1_100_000, from: 1_000_000 },
];

function begin(store: Store, run: RunBegin) {
  return store.append(logName, { operations: [], begins: run });
}

for (const killed of [false, true])
  test(`an event whose first frames got lost begins with the first that shows it, ${killed ? 'also for another detector' : 'for the same detector'}`, async () => {
    const store = new MemoryStore();
    await begin(store, first);
    let writer = await openWriter(store);
    // On the PTS of these lie other frames, soon.
    writer.write(picture(1_100_000, { run: first }), [begins('a', 1_100_000), begins('b', 1_100_000)]);
    assert.equal((await markers(store)).length, 2);
    if (killed) {
      await writer.close();
      writer = await openWriter(store, { recognition: 100_000 });
    }
    await begin(store, second);
    assert.deepEqual(await markers(store), []);
    writer.write(picture(1_100_000, { run: second, discontinuity: true }), [
      ...(killed ? [begins('x', 1_100_000)] : [ends('b', 1_100_000)]),
    ]);
    writer.write(picture(1_500_000, { run: second }), []);
    const found = await markers(store);
    assert.deepEqual(
      found.map(({ pts, duration, data }) => [pts, duration, data]),
      [[1_100_000, null, { x: 0.5 }]],
    );
    writer.write(picture(1_600_000, { run: second }), [ends(killed ? 'x' : 'a', 1_600_000)]);
    assert.deepEqual(
      (await markers(store)).map(({ duration }) => duration),
      [500_000],
    );
    await writer.close();
  });

test('an event whose first frame lies in the gap goes on over it', async () => {
  const store = new MemoryStore();
  await begin(store, first);
  const writer = await openWriter(store);
  writer.write(picture(1_050_000, { run: first }), [begins('a', 1_050_000)]);
  await markers(store);
  await begin(store, second);
  writer.write(picture(1_100_000, { run: second, discontinuity: true }), []);
  writer.write(picture(1_200_000, { run: second }), [ends('a', 1_200_000)]);
  assert.deepEqual(
    (await markers(store)).map(({ pts, duration, data }) => [pts, duration, data]),
    [[1_050_000, 150_000, { frameLost: true, x: 0.5 }]],
  );
  await writer.close();
});
