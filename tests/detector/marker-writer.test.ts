import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Marker, MarkerEntry } from '../../src/hls/marker-log.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import { begins, DATE, ends, logName, markers, openWriter, picture } from './writing.ts';

describe('openMarkerWriter', () => {
  test('writes one marker for an event, open while it lasts', async () => {
    const store = new MemoryStore();
    const writer = await openWriter(store);
    writer.write(picture(0), []);
    writer.write(picture(40_000), [begins('a', 40_000)]);
    const marker = {
      id: `eye-${DATE / 1000 + 40}-0`,
      stream: 'room',
      pts: 40_000,
      date: DATE + 40_000,
      duration: null,
      text: 'Visitor',
      class: 'visitor',
      source: 'eye',
      data: { x: 0.5 },
    };
    assert.deepEqual(await markers(store), [marker]);
    writer.write(picture(80_000), [ends('a', 80_000)]);
    assert.deepEqual(await markers(store), [{ ...marker, duration: 40_000 }]);
    await writer.close();
  });

  test('gives each of several events of one instant an id of its own', async () => {
    const store = new MemoryStore();
    const writer = await openWriter(store);
    writer.write(picture(0), [begins('a', 0), begins('b', 0), begins('c', 0)]);
    assert.equal(new Set((await markers(store)).map(({ id }) => id)).size, 3);
    await writer.close();
  });

  test('a restarted detector takes over the open marker of the event it still sees', async () => {
    const store = new MemoryStore();
    const killed = await openWriter(store);
    killed.write(picture(1_000_000), [begins('a', 1_000_000)]);
    await markers(store);
    await killed.close();
    const writer = await openWriter(store);
    writer.write(picture(2_000_000), [begins('x', 2_000_000)]);
    writer.write(picture(3_000_000), []);
    writer.write(picture(3_400_000), [ends('x', 3_400_000)]);
    const found = await markers(store);
    assert.deepEqual(
      found.map(({ pts, duration, data }) => [pts, duration, data]),
      [[1_000_000, 2_400_000, { x: 0.5 }]],
    );
    await writer.close();
  });

  test('takes over the oldest first, and nothing of another class or another source', async () => {
    const store = new MemoryStore();
    const killed = await openWriter(store);
    killed.write(picture(0), [begins('a', 0), begins('b', 0, { class: 'other' })]);
    killed.write(picture(500_000), [begins('c', 500_000)]);
    const foreign = { ...((await markers(store))[0] as Marker), id: 'by-hand', source: 'api' };
    await store.append(logName, { operations: [{ op: 'open', marker: foreign }] } satisfies MarkerEntry);
    await killed.close();
    const writer = await openWriter(store);
    writer.write(picture(2_000_000), [begins('x', 2_000_000)]);
    writer.write(picture(2_500_001), [ends('x', 2_500_001)]);
    const found = await markers(store);
    assert.equal(found.find(({ source }) => source === 'api')?.duration, null);
    const own = found.filter(({ source }) => source === 'eye');
    assert.deepEqual(
      own.map(({ class: kind, pts, duration }) => [kind, pts, duration]),
      [
        ['visitor', 0, 2_500_001],
        ['other', 0, 2_000_000],
        ['visitor', 500_000, 1_500_000],
      ],
    );
    await writer.close();
  });

  test('closes what is not seen again at the first picture, and says how uncertain that is', async () => {
    const store = new MemoryStore();
    const killed = await openWriter(store);
    killed.write(picture(0), [begins('a', 0)]);
    await markers(store);
    await killed.close();
    const writer = await openWriter(store, { recognition: 1_000_000, lastSeen: 3_000_000 });
    writer.write(picture(5_000_000), []);
    writer.write(picture(6_000_000), []);
    assert.equal((await markers(store))[0]?.duration, null, 'it may still be recognised');
    writer.write(picture(6_040_000), [begins('b', 6_040_000)]);
    const [gone, fresh] = await markers(store);
    assert.equal(gone?.duration, 5_000_000);
    assert.deepEqual(gone?.data, { x: 0.5, endUncertainty: 2 });
    assert.equal(fresh?.pts, 6_040_000, 'what begins later is another event');
    await writer.close();
  });

  test('says how uncertain a beginning right after lost pictures is', async () => {
    const store = new MemoryStore();
    const writer = await openWriter(store);
    writer.write(picture(0, { dropped: 9 }), [begins('a', 0)]);
    writer.write(picture(40_000), [begins('b', 40_000)]);
    writer.write(picture(240_000, { dropped: 4 }), [begins('c', 240_000)]);
    const uncertain = (await markers(store)).map(({ data }) => data.beginUncertainty);
    assert.deepEqual(uncertain, [null, undefined, 0.16]);
    await writer.close();
  });

  test('closes at a break what does not go on after it, and leaves open what does', async () => {
    const store = new MemoryStore();
    const writer = await openWriter(store);
    writer.write(picture(0), [begins('a', 0), begins('b', 0)]);
    writer.write(picture(1_000_000), []);
    writer.write(picture(1_300_000, { discontinuity: true }), [ends('a', 1_300_000)]);
    writer.write(picture(1_340_000), [begins('c', 1_340_000)]);
    writer.write(picture(9_000_000), [ends('c', 9_000_000)]);
    writer.write(picture(9_040_000), [ends('b', 9_040_000)]);
    const found = (await markers(store)).map(({ pts, duration }) => [pts, duration]);
    assert.deepEqual(found, [
      [0, 1_000_000],
      [0, 9_040_000],
      [1_340_000, 0],
    ]);
    await writer.close();
  });

  test('ends all events with the source', async () => {
    const store = new MemoryStore();
    const writer = await openWriter(store);
    writer.write(picture(0), [begins('a', 0)]);
    writer.write(picture(700_000), []);
    writer.sourceEnded();
    assert.equal((await markers(store))[0]?.duration, 700_000);
    await writer.close();
  });

  test('says which opening is meant as often as it writes it: the date range stays what it was', async () => {
    const store = new MemoryStore();
    const writer = await openWriter(store);
    writer.write(picture(0), [begins('a', 0)]);
    const [{ id } = { id: '' }] = await markers(store);
    await store.append(logName, { operations: [{ op: 'edit', id, changes: { text: 'Guest' } }] });
    await markers(store);
    writer.write(picture(900_000), [ends('a', 900_000)]);
    await markers(store);
    const openings = (await store.read(logName)).flatMap(({ value }) =>
      (value as MarkerEntry).operations.filter(({ op }) => op === 'open'),
    );
    const instances = openings.map((opening) => 'instance' in opening && opening.instance);
    assert.equal(instances.length, 2);
    assert.match(String(instances[0]), /^[\da-f]{8}$/);
    assert.equal(instances[1], instances[0]);
    await writer.close();
  });

  test('leaves an event alone that somebody else closed or deleted', async () => {
    const store = new MemoryStore();
    const writer = await openWriter(store);
    writer.write(picture(0), [begins('a', 0), begins('b', 0)]);
    const [first, second] = (await markers(store)) as [Marker, Marker];
    await store.append(logName, {
      operations: [
        { op: 'close', id: first.id, duration: 5 },
        { op: 'delete', id: second.id },
      ],
    } satisfies MarkerEntry);
    await markers(store);
    writer.write(picture(900_000), [ends('a', 900_000), ends('b', 900_000)]);
    assert.deepEqual(
      (await markers(store)).map(({ id, duration }) => [id, duration]),
      [[first.id, 5]],
    );
    await writer.close();
  });
});
