import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { IpcStore } from '../../src/store/ipc-client.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import { openStore } from '../../src/store/open.ts';
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
    for (const url of ['redis://me:secret@host:6379', 'nonsense']) {
      await assert.rejects(openStore({ url }), (error: { code: string; message: string }) => {
        assert.equal(error.code, 'USAGE');
        assert.match(error.message, /it takes memory:/);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      });
    }
  });
});
