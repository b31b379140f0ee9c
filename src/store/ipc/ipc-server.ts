import { deserialize, serialize } from 'node:v8';
import { HlsStreamError, toErrorRecord } from '../../errors.ts';
import type { Store } from '../store.ts';
import { type StorePort, sendTo, type ToSync } from './messages.ts';
import { Outbox } from './outbox.ts';
import { type CallName, callNames, type Item, type Opening, type Reply, type Request } from './protocol.ts';

/**
 * Serves a store to all clients behind the launcher's channel; what they ask before it is open waits. Returns the
 * closer (which leaves the store open). Clients and their streams are forgotten when the launcher says that they are
 * gone.
 */
export function serveStore(opening: Promise<Store>, port: StorePort): () => void {
  const clients = new Map<number, ServedClient>();
  const early: unknown[] = [];
  let store: Store | undefined;
  const begin = (opened: Store) => {
    store = opened;
    for (const message of early.splice(0)) receive(message);
  };
  // Why it cannot be opened hears who opens it.
  opening.then(begin, () => {});
  const receive = (message: unknown) => {
    if (!Array.isArray(message)) return;
    if (store === undefined) {
      early.push(message);
      return;
    }
    const [kind, id, batch] = message as unknown as ToSync;
    if (kind === 'store') {
      let client = clients.get(id);
      if (client === undefined) {
        client = new ServedClient(store, (replies) => sendTo(port, ['store', id, serialize(replies)]));
        clients.set(id, client);
      }
      client.receive(requestsIn(batch));
    } else if (kind === 'store-gone') {
      clients.get(id)?.forget();
      clients.delete(id);
    }
  };
  port.on('message', receive);
  return () => {
    port.off('message', receive);
    for (const client of clients.values()) client.forget();
    clients.clear();
  };
}

/** What a batch holds. A process that is broken may send anything: that must not end the store of all others. */
function requestsIn(batch: unknown): readonly Request[] {
  try {
    const requests: unknown = deserialize(batch as Uint8Array);
    if (!Array.isArray(requests)) return [];
    return requests.filter((request): request is Request => Array.isArray(request));
  } catch {
    return [];
  }
}

/** One client process: its calls in progress and its open streams. */
class ServedClient {
  readonly #store: Store;
  readonly #outbox: Outbox<Reply>;
  readonly #streams = new Map<number, ServedStream>();
  #gone = false;

  constructor(store: Store, send: (replies: readonly Reply[]) => void) {
    this.#store = store;
    this.#outbox = new Outbox(send, ([, id], error) => {
      this.#reply(['error', id, { code: 'STORE_BAD_VALUE', message: error.message }]);
    });
  }

  receive(requests: readonly Request[]): void {
    for (const request of requests) {
      try {
        this.#take(request);
      } catch (error) {
        this.#reply(['error', request[1], toErrorRecord(error, 'STORE_BAD_VALUE')]);
      }
    }
  }

  /** Ends everything this client had; nothing is sent to it any more. */
  forget(): void {
    this.#gone = true;
    for (const id of this.#streams.keys()) this.#stop(id);
  }

  #take(request: Request): void {
    const [kind, id] = request;
    if (kind === 'call') this.#call(id, request[2], request[3]);
    else if (kind === 'open') this.#open(id, request[2], request[3]);
    else if (kind === 'more') this.#streams.get(id)?.grant(request[2]);
    else if (kind === 'stop') this.#stop(id);
  }

  #call(id: number, name: CallName, args: readonly unknown[]): void {
    if (!callNames.includes(name)) {
      const error = new HlsStreamError('STORE_FAILED', `the store has no call ${name}`);
      this.#reply(['error', id, toErrorRecord(error)]);
      return;
    }
    const call = this.#store[name] as (...args: readonly unknown[]) => Promise<unknown>;
    call.apply(this.#store, [...args]).then(
      (result) => this.#reply(['answer', id, result]),
      (error: unknown) => this.#reply(['error', id, toErrorRecord(error, 'STORE_FAILED')]),
    );
  }

  #open(id: number, opening: Opening, credit: number): void {
    const stream = new ServedStream(credit);
    this.#streams.set(id, stream);
    const { signal } = stream;
    const items: AsyncIterable<Item> =
      opening[0] === 'follow'
        ? this.#store.follow(
            opening[1],
            opening[2] === undefined ? { signal } : { after: opening[2], signal },
          )
        : this.#store.subscribe(opening[1], { queue: opening[2], signal });
    stream
      .pump(items, (item) => this.#reply(['item', id, item]))
      .catch((error: unknown) => {
        this.#streams.delete(id);
        if (!signal.aborted) this.#reply(['error', id, toErrorRecord(error, 'STORE_FAILED')]);
      });
  }

  #stop(id: number): void {
    this.#streams.get(id)?.stop();
    this.#streams.delete(id);
  }

  #reply(reply: Reply): void {
    if (!this.#gone) this.#outbox.push(reply);
  }
}

/**
 * One follow or subscription of a client. Items are taken from the engine only while the client has credit,
 * so whatever waits for a slow or stopped client waits in the engine, which bounds it.
 */
class ServedStream {
  readonly #abort = new AbortController();
  #credit: number;
  #granted = () => {};

  constructor(credit: number) {
    this.#credit = credit;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  grant(credit: number): void {
    this.#credit += credit;
    this.#granted();
  }

  stop(): void {
    this.#abort.abort();
    this.#granted();
  }

  async pump(items: AsyncIterable<Item>, push: (item: Item) => void): Promise<void> {
    for await (const item of items) {
      if (this.signal.aborted) return;
      push(item);
      this.#credit -= 1;
      while (this.#credit <= 0 && !this.signal.aborted) {
        await new Promise<void>((resolve) => {
          this.#granted = resolve;
        });
      }
    }
  }
}
