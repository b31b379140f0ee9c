import { Deque } from '../deque.ts';
import { Feed } from '../feed.ts';
import type { Item, Opening } from './protocol.ts';

/** What a stream asks of the connection it runs over. */
export interface StreamWires {
  /** Opens the stream at the other side; returns its id there. */
  readonly open: (stream: IpcStream, opening: Opening, credit: number) => number;
  /** Lets the other side send `credit` items more. */
  readonly more: (id: number, credit: number) => void;
  /** The iteration has ended: tells the other side, if it is open there, and forgets the stream. */
  readonly stop: (stream: IpcStream, id: number | undefined) => void;
}

interface StreamOptions {
  /** How to open it now: a follow goes on after the last item that came. */
  readonly opening: () => Opening;
  /** Called for each item as it comes, before anybody takes it. */
  readonly onItem: (item: Item) => void;
  /** How many items may be on their way or wait here. */
  readonly window: number;
  readonly signal: AbortSignal | undefined;
}

/** The client's end of a follow or subscription: a bounded buffer that outlives the connection. */
export class IpcStream {
  readonly feed: Feed<Item>;
  readonly #wires: StreamWires;
  readonly #options: StreamOptions;
  readonly #buffer = new Deque<Item>();
  #id: number | undefined;
  #taken = 0;

  constructor(wires: StreamWires, options: StreamOptions) {
    this.#wires = wires;
    this.#options = options;
    this.feed = new Feed({
      take: () => this.#take(),
      onEnd: () => wires.stop(this, this.#id),
      signal: options.signal,
    });
  }

  /** Opens the stream at the other side. */
  attach(): void {
    this.#taken = 0;
    this.#id = this.#wires.open(this, this.#options.opening(), this.#options.window - this.#buffer.length);
  }

  /** The other side is gone; what has come from it is still there to be taken. Returns the id it had there. */
  detach(): number | undefined {
    const id = this.#id;
    this.#id = undefined;
    return id;
  }

  receive(item: Item): void {
    this.#options.onItem(item);
    this.#buffer.push(item);
    this.feed.wake();
  }

  #take(): Item | undefined {
    const item = this.#buffer.shift();
    if (item === undefined) return undefined;
    this.#taken += 1;
    // Half the window at a time: one message for many items, and the other side never runs dry.
    if (this.#id !== undefined && this.#taken * 2 >= this.#options.window) {
      this.#wires.more(this.#id, this.#taken);
      this.#taken = 0;
    }
    return item;
  }
}
