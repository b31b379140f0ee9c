import { deserialize, serialize } from 'node:v8';
import { type ErrorRecord, fromErrorRecord, HlsStreamError } from '../../errors.ts';
import { PublishGate } from '../publish-gate.ts';
import type {
  AppendOptions,
  ChannelMessage,
  Cursor,
  Fence,
  FollowOptions,
  LogEntry,
  LogEvent,
  PublishOptions,
  ReadOptions,
  Store,
  StoreState,
  StoreValue,
  SubscribeOptions,
} from '../store.ts';
import { PendingCalls } from './calls.ts';
import { type StorePort, sendTo } from './messages.ts';
import { Outbox } from './outbox.ts';
import type { CallName, Item, Opening, Reply, Request } from './protocol.ts';
import { IpcStream } from './stream.ts';

/** How many log entries may be on their way to a follower, or wait there. */
const FOLLOW_WINDOW = 256;

/** How many channel messages may be on their way to a subscriber, or wait there; the rest wait in the engine. */
const SUBSCRIBE_WINDOW = 8;

/** How long a client waits for the store. */
export interface IpcStoreOptions {
  /** After how many milliseconds at the latest a call without an answer rejects with STORE_TIMEOUT. @default 5000 */
  readonly timeout?: number;
}

/**
 * The store behind Node's IPC channel. While `sync` is gone, calls reject at once with STORE_GONE; follows
 * and subscriptions wait and go on when it is back.
 */
export class IpcStore implements Store {
  readonly #port: StorePort;
  readonly #outbox: Outbox<Request>;
  readonly #calls: PendingCalls;
  readonly #gate = new PublishGate();
  readonly #streams = new Set<IpcStream>();
  readonly #streamById = new Map<number, IpcStream>();
  readonly #listeners = new Set<(state: StoreState) => void>();
  readonly #receive = (message: unknown) => this.#onMessage(message);
  readonly #disconnect = () => this.#changeState('down');
  // If there is no sync yet, the launcher answers the first batch with `down`.
  #state: StoreState = 'up';
  #closed = false;
  #lastId = 0;

  constructor(port: StorePort, { timeout = 5000 }: IpcStoreOptions = {}) {
    this.#port = port;
    this.#calls = new PendingCalls(timeout);
    this.#outbox = new Outbox<Request>(
      (batch) => sendTo(port, ['store', serialize(batch)]),
      ([, id], error) => {
        const failure = new HlsStreamError('STORE_BAD_VALUE', `not structured data: ${error.message}`);
        this.#calls.settle(id)?.reject(failure);
      },
    );
    port.on('message', this.#receive);
    port.on('disconnect', this.#disconnect);
  }

  get(key: string): Promise<StoreValue> {
    return this.#call('get', [key]);
  }

  set(...args: Parameters<Store['set']>): Promise<void> {
    return this.#call('set', args);
  }

  delete(key: string): Promise<boolean> {
    return this.#call('delete', [key]);
  }

  keys(prefix: string): Promise<string[]> {
    return this.#call('keys', [prefix]);
  }

  update(key: string, entries: Readonly<Record<string, StoreValue>>): Promise<void> {
    return this.#call('update', [key, entries]);
  }

  compareAndSet(key: string, before: StoreValue, after: StoreValue): ReturnType<Store['compareAndSet']> {
    return this.#call('compareAndSet', [key, before, after]);
  }

  append(log: string, value: StoreValue, options?: AppendOptions): Promise<Cursor> {
    return this.#call('append', [log, value, options]);
  }

  read(log: string, options?: ReadOptions): Promise<LogEntry[]> {
    return this.#call('read', [log, options]);
  }

  trim(log: string, before: Cursor, options?: { readonly fence?: Fence }): Promise<number> {
    return this.#call('trim', [log, before, options]);
  }

  drop(log: string, options?: { readonly fence?: Fence }): Promise<void> {
    return this.#call('drop', [log, options]);
  }

  async publish(channel: string, value: StoreValue, { lost = 0 }: PublishOptions = {}): Promise<number> {
    this.#assertUsable();
    const pass = this.#gate.enter(channel, lost);
    if (!pass.sent) return pass.subscribers;
    const args = [channel, value, pass.lost === 0 ? undefined : { lost: pass.lost }];
    const subscribers = await this.#call<number>('publish', args, pass.settled);
    pass.answered(subscribers);
    return subscribers;
  }

  subscribers(channel: string): Promise<number> {
    return this.#call('subscribers', [channel]);
  }

  follow(log: string, { after: start, signal }: FollowOptions = {}): AsyncIterable<LogEvent> {
    const begin = () => {
      let after = start;
      const onItem = (item: Item) => {
        if ('type' in item) after = item.type === 'entry' ? item.cursor : undefined;
      };
      return this.#stream<LogEvent>(() => ['follow', log, after], onItem, FOLLOW_WINDOW, signal);
    };
    return { [Symbol.asyncIterator]: begin };
  }

  subscribe(channel: string, { queue = 64, signal }: SubscribeOptions = {}): AsyncIterable<ChannelMessage> {
    const window = Math.max(1, Math.min(queue, SUBSCRIBE_WINDOW));
    const begin = () =>
      this.#stream<ChannelMessage>(
        () => ['subscribe', channel, queue],
        () => {},
        window,
        signal,
      );
    return { [Symbol.asyncIterator]: begin };
  }

  onState(listener: (state: StoreState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const stream of this.#streams) stream.feed.end();
    this.#calls.rejectAll(closedError);
    this.#listeners.clear();
    this.#outbox.flush();
    this.#port.off('message', this.#receive);
    this.#port.off('disconnect', this.#disconnect);
  }

  async #call<T>(name: CallName, args: readonly unknown[], onSettled?: () => void): Promise<T> {
    this.#assertUsable(name);
    this.#lastId += 1;
    this.#outbox.push(['call', this.#lastId, name, args]);
    return this.#calls.add(this.#lastId, name, onSettled) as Promise<T>;
  }

  #stream<T extends Item>(
    opening: () => Opening,
    onItem: (item: Item) => void,
    window: number,
    signal: AbortSignal | undefined,
  ): AsyncIterableIterator<T, undefined> {
    if (this.#closed) throw closedError();
    const stream = new IpcStream(this.#wires, { opening, onItem, window, signal });
    if (!stream.feed.ended) {
      this.#streams.add(stream);
      if (this.#state === 'up') stream.attach();
    }
    return stream.feed as AsyncIterableIterator<Item, undefined> as AsyncIterableIterator<T, undefined>;
  }

  readonly #wires = {
    open: (stream: IpcStream, opening: Opening, credit: number) => {
      this.#lastId += 1;
      this.#streamById.set(this.#lastId, stream);
      this.#outbox.push(['open', this.#lastId, opening, credit]);
      return this.#lastId;
    },
    more: (id: number, credit: number) => this.#outbox.push(['more', id, credit]),
    stop: (stream: IpcStream, id: number | undefined) => {
      this.#streams.delete(stream);
      if (id === undefined) return;
      this.#streamById.delete(id);
      this.#outbox.push(['stop', id]);
    },
  };

  #onMessage(message: unknown): void {
    if (!Array.isArray(message)) return;
    if (message[0] === 'store-state') this.#changeState(message[1] as StoreState);
    else if (message[0] === 'store')
      for (const reply of deserialize(message[1]) as Reply[]) this.#onReply(reply);
  }

  #onReply([kind, id, content]: Reply): void {
    if (kind === 'item') this.#streamById.get(id)?.receive(content as Item);
    else if (kind === 'answer') this.#calls.settle(id)?.resolve(content);
    else {
      const error = fromErrorRecord(content as ErrorRecord);
      this.#calls.settle(id)?.reject(error);
      this.#streamById.get(id)?.feed.end(error);
    }
  }

  #changeState(state: StoreState): void {
    if (state === this.#state || this.#closed) return;
    this.#state = state;
    if (state === 'down') this.#calls.rejectAll(goneError);
    for (const stream of this.#streams) {
      if (state === 'up') stream.attach();
      else this.#detach(stream);
    }
    for (const listener of this.#listeners) listener(state);
  }

  #detach(stream: IpcStream): void {
    const id = stream.detach();
    if (id === undefined) return;
    this.#streamById.delete(id);
    // The opening may still reach the next sync, which would then send to nobody.
    this.#outbox.push(['stop', id]);
  }

  #assertUsable(name = 'publish'): void {
    if (this.#closed) throw closedError();
    if (this.#state === 'down') throw goneError(name);
  }
}

function goneError(name: string): HlsStreamError {
  const message = `the sync process is gone, so ${name} got no answer; try again when the store is up`;
  return new HlsStreamError('STORE_GONE', message);
}

function closedError(): HlsStreamError {
  return new HlsStreamError('STORE_CLOSED', 'the store is closed');
}
