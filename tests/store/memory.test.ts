import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';

describe('MemoryStore', () => {
  test('numbers entries from zero in the generation it was given', async () => {
    const store = new MemoryStore({ generation: 'g1' });
    assert.equal(await store.append('log', 'a'), 'g1-0');
    assert.equal(await store.append('log', 'b'), 'g1-1');
  });

  test('gives each life of its data a generation of its own', async () => {
    const [first, second] = [new MemoryStore(), new MemoryStore()];
    assert.notEqual(await first.append('log', 'a'), await second.append('log', 'a'));
  });

  test('never takes a fence of an earlier life for one of its own', async () => {
    const earlier = await new MemoryStore().compareAndSet('lease', undefined, 'a');
    await new Promise((resolve) => setTimeout(resolve, 2));
    const store = new MemoryStore();
    await store.compareAndSet('lease', undefined, 'b');
    assert.ok(earlier.ok);
    const fence = { key: 'lease', token: earlier.token };
    await assert.rejects(store.append('log', 1, { fence }), { code: 'STORE_FENCED' });
  });

  test('remembers ids of the last 10,000 trimmed entries and forgets older ones', async () => {
    const store = new MemoryStore({ generation: 'g' });
    let last = '';
    for (let n = 0; n < 10_010; n += 1) last = await store.append('log', n, { id: `id${n}` });
    await store.trim('log', last);
    assert.equal(await store.append('log', 'again', { id: 'id9' }), 'g-9');
    assert.equal(await store.append('log', 'again', { id: 'id8' }), 'g-10010');
  });

  test('tells a follower who stood still while its entries were trimmed to begin anew', async () => {
    const store = new MemoryStore();
    const follower = store.follow('log')[Symbol.asyncIterator]();
    await store.append('log', 'seen');
    await follower.next();
    let last = '';
    for (const value of ['b', 'c', 'd']) last = await store.append('log', value);
    await store.trim('log', last);
    assert.deepEqual((await follower.next()).value, { type: 'reset' });
    assert.deepEqual((await follower.next()).value, { type: 'entry', cursor: last, value: 'd' });
  });
});
