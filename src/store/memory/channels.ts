import { Feed } from '../feed.ts';
import { MessageQueue } from '../message-queue.ts';
import type { ChannelMessage, StoreValue, SubscribeOptions } from '../store.ts';

interface Subscription {
  readonly queue: MessageQueue;
  readonly feed: Feed<ChannelMessage>;
}

/** The channels of the Map engine: whoever listens now gets what is published now. */
export class MemoryChannels {
  readonly #channels = new Map<string, Set<Subscription>>();
  readonly #copy: (value: StoreValue) => StoreValue;

  /** @param copy applied to a value once on its way in and once for each subscriber */
  constructor(copy: (value: StoreValue) => StoreValue) {
    this.#copy = copy;
  }

  /** Puts `value` into the queue of each subscriber; says how many there are. */
  publish(channel: string, value: StoreValue, lost: number): number {
    const subscriptions = this.#channels.get(channel);
    if (subscriptions === undefined) return 0;
    const kept = this.#copy(value);
    for (const { queue, feed } of subscriptions) {
      queue.push(kept, lost);
      feed.wake();
    }
    return subscriptions.size;
  }

  subscribe(channel: string, { queue: limit = 64, signal }: SubscribeOptions): Feed<ChannelMessage> {
    const queue = new MessageQueue(limit);
    const subscriptions = this.#channels.get(channel) ?? new Set();
    const take = () => {
      const message = queue.shift();
      return message && { value: this.#copy(message.value), dropped: message.dropped };
    };
    const onEnd = () => {
      subscriptions.delete(subscription);
      if (subscriptions.size === 0) this.#channels.delete(channel);
    };
    const feed = new Feed({ take, onEnd, signal });
    const subscription = { queue, feed };
    if (!feed.ended) this.#channels.set(channel, subscriptions.add(subscription));
    return feed;
  }

  count(channel: string): number {
    return this.#channels.get(channel)?.size ?? 0;
  }

  /** Ends all subscriptions. */
  close(): void {
    for (const subscriptions of this.#channels.values()) {
      for (const { feed } of subscriptions) feed.end();
    }
  }
}
