import { randomBytes } from 'node:crypto';
import type { RedisConnection } from '../../redis/redis-connection.ts';
import { Feed } from '../feed.ts';
import { MessageQueue } from '../message-queue.ts';
import type { ChannelMessage, StoreValue, SubscribeOptions } from '../store.ts';
import { fromBytes, toBytes } from './value.ts';

/** Of how many senders a channel remembers what came last. */
const SENDERS = 64;

interface Subscription {
  readonly queue: MessageQueue;
  readonly feed: Feed<ChannelMessage>;
}

interface Heard {
  readonly subscriptions: Set<Subscription>;
  /** Number of the last message of each sender. */
  readonly last: Map<string, number>;
}

type Envelope = readonly [sender: string, number: number, lost: number, value: StoreValue];

/**
 * The channels of the Redis engine (PUB/SUB). Messages are numbered by their sender, so that whoever was cut
 * off knows how many it missed.
 */
export class RedisChannels {
  readonly #connection: RedisConnection;
  readonly #nameOf: (channel: string) => string;
  readonly #channels = new Map<string, Heard>();
  readonly #sender = randomBytes(6).toString('base64url');
  readonly #sent = new Map<string, number>();

  /** @param main whose address is used; a subscribed connection can do nothing else */
  constructor(main: RedisConnection, nameOf: (channel: string) => string) {
    this.#nameOf = nameOf;
    this.#connection = main.duplicate();
    this.#connection.client.on('messageBuffer', (channel: Buffer, message: Buffer) =>
      this.#receive(channel.toString(), message),
    );
    this.#connection.onState((state) => {
      const names = [...this.#channels.keys()];
      if (state === 'up' && names.length > 0) this.#send('subscribe', names);
    });
  }

  /** The next message of `channel` as it goes to Redis. */
  envelope(channel: string, value: StoreValue, lost: number): Buffer {
    const number = (this.#sent.get(channel) ?? 0) + 1;
    const bytes = toBytes([this.#sender, number, lost, value] satisfies Envelope);
    this.#sent.set(channel, number);
    return bytes;
  }

  subscribe(channel: string, { queue: limit = 64, signal }: SubscribeOptions): Feed<ChannelMessage> {
    const name = this.#nameOf(channel);
    const queue = new MessageQueue(limit);
    const onEnd = () => this.#end(name, subscription);
    const feed = new Feed<ChannelMessage>({ take: () => queue.shift(), onEnd, signal });
    const subscription = { queue, feed };
    if (feed.ended) return feed;
    const known = this.#channels.get(name);
    if (known === undefined) {
      this.#channels.set(name, { subscriptions: new Set([subscription]), last: new Map() });
      this.#send('subscribe', [name]);
    } else known.subscriptions.add(subscription);
    return feed;
  }

  close(): void {
    for (const { subscriptions } of this.#channels.values()) for (const { feed } of subscriptions) feed.end();
    this.#connection.close();
  }

  #end(name: string, subscription: Subscription): void {
    const known = this.#channels.get(name);
    known?.subscriptions.delete(subscription);
    if (known?.subscriptions.size !== 0) return;
    this.#channels.delete(name);
    this.#send('unsubscribe', [name]);
  }

  /** While the connection is down this is nothing: all names are told again when it is back. */
  #send(what: 'subscribe' | 'unsubscribe', names: readonly string[]): void {
    if (!this.#connection.up) return;
    this.#connection.client[what](...names).catch(() => {});
  }

  #receive(name: string, message: Buffer): void {
    const known = this.#channels.get(name);
    if (known === undefined) return;
    let envelope: Envelope;
    try {
      envelope = fromBytes(message) as Envelope;
    } catch {
      // Somebody else's message under our prefix.
      return;
    }
    const [sender, number, lost, value] = envelope;
    const before = known.last.get(sender);
    const missed = before === undefined ? 0 : Math.max(0, number - before - 1);
    known.last.delete(sender);
    known.last.set(sender, number);
    if (known.last.size > SENDERS) known.last.delete(known.last.keys().next().value as string);
    for (const { queue, feed } of known.subscriptions) {
      queue.push(value, lost + missed);
      feed.wake();
    }
  }
}
