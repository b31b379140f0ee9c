import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HolderWatch } from '../../src/lease/holder-watch.ts';
import type { LeaseRecord } from '../../src/lease/lease-record.ts';

function record(beat: number, id = 'one'): LeaseRecord {
  return { holder: { id, host: 'a', pid: 1, start: '1', place: '' }, beat, ttl: 1000 };
}

describe('HolderWatch', () => {
  test('finds a lease free that nobody ever held, and one that was given back', () => {
    assert.equal(new HolderWatch().look(undefined, 0), 'free');
    const watch = new HolderWatch();
    watch.look(record(1), 0);
    assert.equal(watch.look({ ...record(1), released: true }, 10), 'free');
  });

  test('says nothing of a holder before it gave a sign of life, then that it lives', () => {
    const watch = new HolderWatch();
    assert.equal(watch.look(record(1), 0), 'held');
    assert.equal(watch.look(record(1), 900), 'held');
    assert.equal(watch.look(record(2), 950), 'alive');
    assert.equal(watch.look(record(2, 'two'), 960), 'alive');
  });

  test('counts the time to live from the last change it saw itself', () => {
    const watch = new HolderWatch();
    watch.look(record(1), 0);
    watch.look(record(2), 900);
    assert.equal(watch.look(record(2), 1900), 'held');
    assert.equal(watch.look(record(2), 1901), 'expired');
  });

  test('does not count the time in which the store was away', () => {
    const watch = new HolderWatch();
    watch.look(record(1), 0);
    watch.away();
    assert.equal(watch.look(record(1), 5000), 'held');
    assert.equal(watch.look(record(1), 6001), 'expired');
  });

  test('gives the holder its time to live to say so again when the store came back empty', () => {
    const watch = new HolderWatch();
    watch.look(record(1), 0);
    assert.equal(watch.look(undefined, 100), 'held');
    assert.equal(watch.look(undefined, 1100), 'held');
    assert.equal(watch.look(undefined, 1101), 'expired');
    assert.equal(watch.look(record(2), 1102), 'alive');
  });
});
