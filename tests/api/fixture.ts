import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type Api, type ApiOptions, createApi } from '../../src/api/api.ts';
import { listen } from '../../src/api/server/connections.ts';
import { DiskStorage } from '../../src/storage/disk.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import type { Store } from '../../src/store/store.ts';
import { hangBound } from '../hang-bound.ts';
import { FakeClock } from './fake-clock.ts';
import { FakePackager } from './fake-packager.ts';
import { type Answer, type Asked, type Pending, send } from './http.ts';

/** An API over real HTTP, with a packager that the test drives. */
export interface Fixture {
  readonly api: Api;
  readonly port: number;
  readonly store: Store;
  readonly storage: DiskStorage;
  readonly folder: string;
  readonly clock: FakeClock;
  readonly packager: FakePackager;
  /** Errors that should not have happened. */
  readonly failures: unknown[];
  /** Another API process on the same store and storage: its port, and itself; with settings of its own. */
  another(own?: Partial<ApiOptions>): Promise<{ readonly api: Api; readonly port: number }>;
  get(path: string, asked?: Asked): Promise<Answer>;
  start(path: string, asked?: Asked): Pending;
  /** Sends JSON as a program on this machine would. */
  write(method: string, path: string, body?: unknown, asked?: Asked): Promise<Answer>;
  /** Waits until the API has folded all the packager has said. */
  caughtUp(packager?: FakePackager): Promise<void>;
}

/** Starts one; it goes with the test. With `segments` the stream is announced and has so many. */
export async function fixture(
  t: TestContext,
  { segments, ...options }: Partial<ApiOptions> & { segments?: number } = {},
): Promise<Fixture> {
  const folder = await mkdtemp(join(tmpdir(), 'hlsstream-api-'));
  const store = options.store ?? new MemoryStore();
  const storage = new DiskStorage(join(folder, 'video'));
  const clock = new FakeClock();
  const failures: unknown[] = [];
  const apis: Api[] = [];
  const another = async (own: Partial<ApiOptions> = {}) => {
    const api = createApi({
      store,
      storage,
      clock,
      defaultName: 'cam',
      webFolder: join(folder, 'web'),
      processMetrics: false,
      failed: (error) => failures.push(error),
      ...options,
      ...own,
    });
    apis.push(api);
    return { api, port: await listen(api.server, '127.0.0.1', 0) };
  };
  const { api, port } = await another();
  t.after(async () => {
    await Promise.all(apis.map((each) => each.close()));
    await store.close();
    await rm(folder, { recursive: true, force: true });
    assert.equal(clock.running, 0, 'a timer was left running');
  });
  const packager = new FakePackager(store, storage, clock.now());
  const caughtUp = (of = packager) =>
    until(() => {
      const state = api.live.stream(of.stream.name)?.state;
      return (
        state?.stream.epoch === of.stream.epoch &&
        state.nextMsn >= of.msn &&
        state.openParts.length >= of.part
      );
    });
  if (segments !== undefined) {
    await packager.announce();
    await packager.addSegments(segments);
    await caughtUp();
  }
  return {
    api,
    port,
    store,
    storage,
    folder,
    clock,
    packager,
    failures,
    another,
    caughtUp,
    get: (path, asked) => send(port, path, asked).answer,
    start: (path, asked) => send(port, path, asked),
    write: (method, path, body, asked = {}) =>
      send(port, path, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...asked,
        headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...asked.headers },
      }).answer,
  };
}

/** Waits, turn by turn of the event loop, until something holds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + hangBound(10);
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${holds}`);
    await turn();
  }
}
