import type { Store } from '../store/store.ts';

/**
 * A store that takes log entries only once all media written before can be read: whatever a stream's logs announce
 * is there. Everything else goes straight through.
 * @param landed rejects with a STORE_ code while media waits for its storage; so does `append` then
 */
export function mediaFirst(store: Store, landed: () => Promise<void>): Store {
  return {
    append: async (...args) => {
      await landed();
      return store.append(...args);
    },
    get: (key) => store.get(key),
    set: (key, value) => store.set(key, value),
    delete: (key) => store.delete(key),
    keys: (prefix) => store.keys(prefix),
    update: (key, entries) => store.update(key, entries),
    compareAndSet: (...args) => store.compareAndSet(...args),
    read: (...args) => store.read(...args),
    trim: (...args) => store.trim(...args),
    follow: (...args) => store.follow(...args),
    publish: (...args) => store.publish(...args),
    subscribe: (...args) => store.subscribe(...args),
    subscribers: (channel) => store.subscribers(channel),
    onState: (listener) => store.onState(listener),
    close: () => store.close(),
  };
}
