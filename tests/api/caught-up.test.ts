import assert from 'node:assert/strict';
import { test } from 'node:test';
import { caughtUp } from '../../src/api/live/caught-up.ts';
import { LiveState } from '../../src/api/live/live-state.ts';
import { STREAMS_LOG } from '../../src/hls/stream-log.ts';
import { hangBound } from '../hang-bound.ts';
import { unexpected } from '../unexpected.ts';
import { FakePackager } from './fake-packager.ts';
import { fixture } from './fixture.ts';

test('a process that begins knows all that the store held before it lets anybody ask', async (t) => {
  const { store, storage, clock, packager } = await fixture(t, { segments: 5 });
  const live = new LiveState({
    store,
    clock,
    defaultName: 'cam',
    failed: unexpected,
  });
  await caughtUp(live, store, AbortSignal.timeout(hangBound(5)));
  assert.equal(live.stream('cam')?.state?.nextMsn, 5);
  assert.equal(packager.msn, 5);
  live.close();

  // Of a stream that begins nothing can be known yet, and there is nothing to wait for.
  await new FakePackager(store, storage, clock.now(), { name: 'yard', epoch: 'y1' }).announce();
  const later = new LiveState({ store, clock, defaultName: 'cam', failed: () => {} });
  await caughtUp(later, store, AbortSignal.timeout(hangBound(5)));
  assert.equal(later.stream('yard')?.media?.stream.epoch, 'y1');
  later.close();
});

test('an epoch that another has taken the place of meanwhile is not waited for', async (t) => {
  const { store, storage, clock } = await fixture(t, { segments: 5 });
  const before = await store.read(STREAMS_LOG);
  const next = new FakePackager(store, storage, clock.now(), { epoch: 'e2' });
  await next.announce();
  const live = new LiveState({ store, clock, defaultName: 'cam', failed: unexpected });
  const earlier = Object.create(store, {
    read: {
      value: async (...asked: Parameters<typeof store.read>) =>
        asked[0] === STREAMS_LOG ? before : store.read(...asked),
    },
  }) as typeof store;
  const signal = AbortSignal.timeout(hangBound(20));
  await caughtUp(live, earlier, signal);
  assert.equal(signal.aborted, false);
  assert.equal(live.stream('cam')?.state?.stream.epoch, 'e2');
  live.close();
});

test('a store that never tells is waited for only so long', async (t) => {
  const { store, clock } = await fixture(t, { segments: 1 });
  const deaf = Object.create(store, {
    follow: { value: async function* () {} },
  }) as typeof store;
  const live = new LiveState({ store: deaf, clock, defaultName: 'cam', failed: () => {} });
  await caughtUp(live, store, AbortSignal.timeout(50));
  assert.equal(live.stream('cam')?.state, undefined);
  live.close();
});
