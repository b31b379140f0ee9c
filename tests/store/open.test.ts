import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { IpcStore } from '../../src/store/ipc/ipc-client.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import { openStore } from '../../src/store/open.ts';
import { freePort } from '../system/free-port.ts';
import { loopback } from './loopback.ts';

describe('openStore', () => {
  test('gives memory: a Map of its own', async () => {
    assert.ok((await openStore({ url: 'memory:' })) instanceof MemoryStore);
  });

  test('uses the channel of the launcher', async () => {
    const store = await openStore({ port: loopback().child });
    assert.ok(store instanceof IpcStore);
    await store.close();
  });

  test('says what to do when there is neither', async () => {
    await assert.rejects(openStore(), { code: 'USAGE', message: /hlsstream start.*--store/ });
  });

  test('says of a store it does not know which ones there are, and keeps the password to itself', async () => {
    for (const url of ['rodis://me:secret@host:6379', 'redis://me:se/c@secret@', 'nonsense']) {
      await assert.rejects(openStore({ url }), (error: { code: string; message: string }) => {
        assert.equal(error.code, 'USAGE');
        assert.match(error.message, /redis:\/\//);
        assert.doesNotMatch(error.message, /secret|se\/c/);
        return true;
      });
    }
  });

  test('gives a Redis that cannot be reached as it is, once timeout is over, and says why', async () => {
    const told: string[] = [];
    const timeout = new AbortController();
    const store = await openStore({
      url: `redis://127.0.0.1:${await freePort()}`,
      timeout: timeout.signal,
      onTrouble: ({ code }) => {
        told.push(code);
        timeout.abort();
      },
    });
    await assert.rejects(store.get('x'), { code: 'STORE_GONE' });
    assert.deepEqual(told, ['STORE_GONE']);
    await store.close();
  });
});
