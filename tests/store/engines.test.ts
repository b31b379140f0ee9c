import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { storeEngine, storeEngines } from '../../src/store/open.ts';
import { hangBound } from '../hang-bound.ts';
import { clientsOf } from './clients.ts';
import { logOwnerContract } from './log-owner.ts';
import { startRedis } from './redis-server.ts';
import { storeContract } from './store-contract.ts';

/** Where an engine can be reached, and a URL of its own that leads nowhere, if there can be one. */
interface Place {
  readonly url: string;
  readonly wrong?: string;
  close(): Promise<void>;
}

/** By the engine's name; a new engine stands here once. */
const places: Readonly<Record<string, () => Promise<Place>>> = {
  memory: async () => ({ url: 'memory:', close: async () => {} }),
  async redis() {
    const redis = await startRedis();
    const url = `redis://127.0.0.1:${redis.port}`;
    return { url: `${url}/1`, wrong: `${url}/99`, close: () => redis.stop() };
  },
};

for (const engine of storeEngines) {
  const place = places[engine.name];
  assert.ok(place, `${engine.name} has no place to be tested in`);
  const use = () => ({
    prefix: 'contract',
    timeout: AbortSignal.timeout(hangBound(5)),
    onTrouble: () => {},
    replicas: 0,
  });

  const open = async () => {
    const { url, close } = await place();
    const clients = await clientsOf(() => engine.open(url, use()));
    return {
      store: clients.store,
      another: async () => (engine.shared ? clients.another() : clients.store),
      async close() {
        await clients.close();
        await close();
      },
    };
  };
  storeContract(engine.name, open);
  logOwnerContract(engine.name, open);

  describe(`the engine ${engine.name}`, () => {
    test("is chosen by its URLs, and by no other engine's", async () => {
      for (const url of engine.urls) assert.equal(storeEngine(url), engine, url);
      const { url, close } = await place();
      assert.equal(storeEngine(url), engine);
      await close();
    });

    test('says what answers, and what does not', async () => {
      const { url, wrong, close } = await place();
      try {
        if (engine.look !== undefined) assert.match(await engine.look(url), /\S/);
        if (wrong !== undefined)
          await assert.rejects(async () => engine.look?.(wrong), { name: 'HlsStreamError' });
      } finally {
        await close();
      }
    });
  });
}
