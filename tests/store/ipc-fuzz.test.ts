import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deserialize, serialize } from 'node:v8';
import { IpcStore } from '../../src/store/ipc/ipc-client.ts';
import { serveStore } from '../../src/store/ipc/ipc-server.ts';
import { callNames } from '../../src/store/ipc/protocol.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import { tried } from '../long.ts';
import fc from '../property.ts';
import { loopback } from './loopback.ts';

const RUNS = tried(500, 20_000);

const anything = fc.anything({ maxDepth: 2, withBigInt: true, withDate: true, withTypedArray: true });
const id = fc.oneof(fc.integer({ min: 0, max: 9 }), anything);
const name = fc.constantFrom('a', 'b', 'log');
/** Mostly like a request, with something wrong in it. */
const request = fc.oneof(
  fc.tuple(
    fc.constant('call'),
    id,
    fc.oneof(fc.constantFrom(...callNames), anything),
    fc.array(fc.oneof(name, anything)),
  ),
  fc.tuple(fc.constant('call'), id, fc.constantFrom(...callNames), anything),
  fc.tuple(
    fc.constant('open'),
    id,
    fc.oneof(fc.tuple(fc.constantFrom('follow', 'subscribe'), name, anything), anything),
    id,
  ),
  fc.tuple(fc.constantFrom('more', 'stop'), id, anything),
  anything,
);

describe('what comes over the channel of a broken process', () => {
  test('ends neither the store nor what others do with it', async () => {
    const store = new MemoryStore();
    const { child, parent } = loopback();
    const stop = serveStore(Promise.resolve(store), parent);
    // The launcher puts the number of the client between.
    const client = new IpcStore({
      send: (message, _handle, _options, done) => {
        const [, batch] = message as [string, Uint8Array];
        return child.send(['store', 1, batch], undefined, undefined, done);
      },
      on: (event: string, listener: (message: never) => void) =>
        child.on(event, (message: unknown) => {
          const [kind, to, batch] = message as [string, number, Uint8Array];
          if (to === 1) listener([kind, batch] as never);
        }),
      off: () => {},
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(request, { maxLength: 4 }),
        fc.uint8Array({ maxLength: 20 }),
        async (batch, noise) => {
          let bytes: Uint8Array = noise;
          try {
            bytes = serialize(batch);
            deserialize(bytes);
          } catch {
            // What cannot be sent does not come.
          }
          parent.emit('message', ['store', 2, bytes]);
          parent.emit('message', ['store', 2, noise]);
          parent.emit('message', ['store', noise]);
          await client.set('mine', 1);
          assert.equal(await client.get('mine'), 1);
        },
      ),
      { numRuns: RUNS },
    );
    parent.emit('message', ['store-gone', 2]);
    assert.equal(typeof (await client.append('own', 'entry')), 'string');
    await client.close();
    stop();
    await store.close();
  });
});
