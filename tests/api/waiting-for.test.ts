import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { stream, streamList } from '../../src/api/http/schemas.ts';
import { encoderReportKey } from '../../src/hls/encoder-report.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import type { StoreState } from '../../src/store/store.ts';
import { type Fixture, fixture } from './fixture.ts';

/** Moves time on in the steps of the status, while the encoder reports `frames` more each second; undefined: not at all. */
async function pass({ clock, store }: Fixture, seconds: number, frames: number | undefined): Promise<void> {
  for (let step = 0; step < seconds * 2; step += 1) {
    if (frames !== undefined && step % 2 === 0) {
      const beat = clock.now();
      await store.set(encoderReportKey('cam'), { id: 'one', beat, frames: (beat / 1000) * frames });
    }
    clock.advance(500);
    for (let turns = 0; turns < 5; turns += 1) await turn();
  }
}

async function standing({ get }: Fixture): Promise<unknown[]> {
  const { json } = await get('/streams/cam');
  stream.parse(json);
  return [json.status, json.waitingFor];
}

test('a stalled stream whose encoder reports, but takes no frames, waits for its source', async (t) => {
  const api = await fixture(t, { segments: 3 });
  await pass(api, 8, 0);
  assert.deepEqual(await standing(api), ['stalled', 'source']);
  await api.packager.addPart();
  await api.caughtUp();
  assert.deepEqual(await standing(api), ['live', undefined]);
});

test('a stalled stream whose encoder has taken its report away, or never made one, waits for the encoder', async (t) => {
  const api = await fixture(t, { segments: 3 });
  await pass(api, 8, undefined);
  assert.deepEqual(await standing(api), ['stalled', 'encoder']);
});

test('it waits for the encoder, too, when that was killed, or takes frames and gives no media', async (t) => {
  const api = await fixture(t, { segments: 3 });
  await pass(api, 8, 25);
  assert.deepEqual(await standing(api), ['stalled', 'encoder'], 'frames come');
  await pass(api, 4, 0);
  assert.deepEqual(await standing(api), ['stalled', 'source'], 'they come no more');
  await pass(api, 4, undefined);
  assert.deepEqual(await standing(api), ['stalled', 'encoder'], 'the last report stands still');
});

test('with the store away the stream waits for the store, and the list says so', async (t) => {
  const listeners = new Set<(state: StoreState) => void>();
  const store = Object.assign(new MemoryStore(), {
    onState: (listener: (state: StoreState) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  });
  const api = await fixture(t, { store, segments: 3 });
  assert.equal((await api.get('/streams')).json.store, undefined);
  for (const listener of listeners) listener('down');
  await pass(api, 8, 0);
  assert.deepEqual(await standing(api), ['stalled', 'store']);
  const { json } = await api.get('/streams');
  streamList.parse(json);
  assert.equal(json.store, 'down');
  for (const listener of listeners) listener('up');
  await pass(api, 4, 0);
  assert.deepEqual(await standing(api), ['stalled', 'source']);
});
