import { Deque } from './deque.ts';
import type { ChannelMessage, StoreValue } from './store.ts';

interface Waiting {
  readonly value: StoreValue;
  dropped: number;
}

/** What waits for one subscriber of a channel: bounded, the oldest go first, and the next one says how many went. */
export class MessageQueue {
  readonly #messages = new Deque<Waiting>();
  readonly #limit: number;

  /** @param limit how many messages may wait; at least one always may */
  constructor(limit: number) {
    this.#limit = Math.max(1, limit);
  }

  /** @param lost messages the sender had to drop just before this one */
  push(value: StoreValue, lost: number): void {
    this.#messages.push({ value, dropped: lost });
    if (this.#messages.length <= this.#limit) return;
    const oldest = this.#messages.shift();
    const heir = this.#messages.at(0);
    if (oldest !== undefined && heir !== undefined) heir.dropped += oldest.dropped + 1;
  }

  shift(): ChannelMessage | undefined {
    return this.#messages.shift();
  }
}
