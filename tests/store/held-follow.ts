import type { LogEvent, Store } from '../../src/store/store.ts';

/** A store with some calls of its own. */
export function withOwn(store: Store, own: Partial<Store>): Store {
  return new Proxy(store, {
    get(target, key) {
      const value = Reflect.get(own, key) ?? Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** A client of a store whose follows can be held back, as those of a process that gets no time on the processor. */
export function heldFollow(engine: Store): { readonly store: Store; hold(): void; release(): void } {
  let held: Promise<void> | undefined;
  let go = () => {};
  async function* follow(...args: Parameters<Store['follow']>): AsyncGenerator<LogEvent> {
    for await (const event of engine.follow(...args)) {
      yield event;
      await held;
    }
  }
  return {
    store: withOwn(engine, { follow }),
    hold() {
      held = new Promise((resolve) => {
        go = resolve;
      });
    },
    release: () => go(),
  };
}
