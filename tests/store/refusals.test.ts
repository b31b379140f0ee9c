import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMarkerOutbox } from '../../src/detector/marker-outbox.ts';
import { type ErrorCode, HlsStreamError } from '../../src/errors.ts';
import { emptyMediaState, type PartEntry, partsLogName } from '../../src/hls/playlist-log.ts';
import { Publisher } from '../../src/packager/publisher.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import type { Store } from '../../src/store/store.ts';

const stream = {
  ...{ name: 'yard', epoch: 'e1', startedAt: 0, targetDuration: 1_000_000, partTarget: 210_000 },
  ...{ partHoldBack: 630_000, holdBack: 3_000_000, window: 60_000_000 },
};

function part(index: number): PartEntry {
  return {
    ...{ type: 'part', msn: 0, part: index, run: '0', pts: index * 2e5, duration: 2e5, date: 0 },
    ...{ independent: index === 0, bytes: 1, discontinuity: false, discontinuitySequence: 0 },
  };
}

/** A store that answers the first appends with other than yes. */
function reluctant(store: Store, code: ErrorCode): { readonly store: Store; refusals(): number } {
  let refusals = 0;
  const append: Store['append'] = async (...call) => {
    if (refusals === 2) return store.append(...call);
    refusals += 1;
    throw new HlsStreamError(code, 'not now');
  };
  const wrapped = new Proxy(store, {
    get: (target, name) => {
      if (name === 'append') return append;
      const member = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  return { store: wrapped, refusals: () => refusals };
}

const codes: readonly ErrorCode[] = [
  ...(['STORE_GONE', 'STORE_TIMEOUT', 'STORE_FAILED', 'STORE_FULL', 'STORE_READ_ONLY'] as const),
  ...([
    'STORE_NOT_READY',
    'STORE_NOT_SAVED',
    'STORE_NO_REPLICAS',
    'STORE_DENIED',
    'STORE_WRONG_TYPE',
  ] as const),
];

describe('a store that answers other than yes', { concurrency: true }, () => {
  for (const code of codes) {
    test(`with ${code} gets every marker of a detector in the end, once and in order`, async () => {
      const store = new MemoryStore();
      const { store: unwilling, refusals } = reluctant(store, code);
      const said: object[] = [];
      const outbox = createMarkerOutbox(unwilling, 'log', {
        info: () => {},
        warn: (facts) => said.push(facts),
      });
      for (let n = 0; n < 3; n += 1) outbox.add(`${n}`, { operations: [{ op: 'delete', id: `${n}` }] });
      await outbox.close(10_000);
      assert.deepEqual(
        (await store.read('log')).map(({ value }) => value),
        [0, 1, 2].map((n) => ({ operations: [{ op: 'delete', id: `${n}` }] })),
      );
      assert.equal(refusals(), 2);
      assert.match(JSON.stringify(said), new RegExp(code));
      await store.close();
    });

    test(`with ${code} gets every part of a publisher, in order`, async () => {
      const store = new MemoryStore();
      const { store: unwilling } = reluctant(store, code);
      const troubles: unknown[] = [];
      const publisher = new Publisher(unwilling, emptyMediaState(stream), (error) => troubles.push(error));
      for (const index of [0, 1, 2, 3]) void publisher.part(part(index));
      const indices = async () =>
        (await store.read(partsLogName('yard', 'e1'))).map(({ value }) => (value as PartEntry).part);
      while ((await indices()).length < 4) await new Promise((resolve) => setTimeout(resolve, 20));
      assert.deepEqual(await indices(), [0, 1, 2, 3]);
      assert.equal((troubles[0] as HlsStreamError).code, code);
      await publisher.close();
      await store.close();
    });
  }
});
