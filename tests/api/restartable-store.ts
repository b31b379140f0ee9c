import { HlsStreamError } from '../../src/errors.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import type {
  AppendOptions,
  Cursor,
  FollowOptions,
  LogEvent,
  Store,
  StoreState,
  StoreValue,
} from '../../src/store/store.ts';

/** A store whose engine can go away and come back empty, as when the sync process died. */
export function restartableStore(): Store & { stop(): Promise<void>; start(): void } {
  let engine = new MemoryStore();
  let up = true;
  const listeners = new Set<(state: StoreState) => void>();
  const waiting = new Set<() => void>();
  const tell = () => {
    for (const listener of listeners) listener(up ? 'up' : 'down');
  };
  const reach = () => {
    if (!up) throw new HlsStreamError('STORE_GONE', 'the sync process is gone; it is being restarted');
    return engine;
  };

  async function* follow(log: string, { after, signal }: FollowOptions = {}): AsyncGenerator<LogEvent> {
    let last = after;
    while (signal?.aborted !== true) {
      if (!up) await new Promise<void>((resolve) => waiting.add(resolve));
      const from = { ...(last === undefined ? {} : { after: last }), ...(signal && { signal }) };
      const present = engine;
      for await (const event of engine.follow(log, from)) {
        last = event.type === 'entry' ? event.cursor : undefined;
        yield event;
      }
      if (present === engine && up) return;
    }
  }

  return {
    get: async (key) => reach().get(key),
    set: async (key, value) => reach().set(key, value),
    delete: async (key) => reach().delete(key),
    keys: async (prefix) => reach().keys(prefix),
    update: async (key, entries) => reach().update(key, entries),
    compareAndSet: async (key, before, after) => reach().compareAndSet(key, before, after),
    append: async (log: string, value: StoreValue, options?: AppendOptions): Promise<Cursor> =>
      reach().append(log, value, options),
    read: async (log, options) => reach().read(log, options),
    trim: async (log, before, options) => reach().trim(log, before, options),
    drop: async (log, options) => reach().drop(log, options),
    follow,
    publish: async (channel, value) => reach().publish(channel, value),
    subscribe: (channel, options) => reach().subscribe(channel, options),
    subscribers: async (channel) => reach().subscribers(channel),
    onState(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async stop() {
      up = false;
      await engine.close();
      tell();
    },
    start() {
      engine = new MemoryStore();
      up = true;
      for (const wake of waiting) wake();
      waiting.clear();
      tell();
    },
    async close() {
      up = true;
      for (const wake of waiting) wake();
      await engine.close();
    },
  } as Store & { stop(): Promise<void>; start(): void };
}
