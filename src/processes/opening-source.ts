import type { Frame } from '../container/frame.ts';
import { aborted } from '../source/aborted.ts';
import type { Source } from '../source/source.ts';

/** A source that is being opened, and its frames from the first one on. */
export class OpeningSource {
  /** The source, once it is open; rejects as opening it does. */
  readonly source: Promise<Source>;
  /** Resolves when the first frame is there, or is known not to come; rejects when the source cannot be opened. */
  readonly firstFrame: Promise<void>;
  readonly #reading: Promise<{ iterator: AsyncIterator<Frame>; first: Promise<IteratorResult<Frame>> }>;

  constructor(opening: Promise<Source>) {
    this.source = opening;
    this.#reading = opening.then((source) => {
      const iterator = source.frames()[Symbol.asyncIterator]();
      const first = iterator.next();
      first.catch(() => {});
      return { iterator, first };
    });
    this.firstFrame = this.#reading.then(async ({ first }) => {
      await first.catch(() => {});
    });
    // Whoever waits for the source hears of it.
    this.firstFrame.catch(() => {});
  }

  /** Nothing, until its first frame is there or the signal aborts. */
  noFrames(signal: AbortSignal): AsyncIterable<Frame> {
    const over = Promise.race([this.firstFrame, aborted(signal)]);
    over.catch(() => {});
    return {
      [Symbol.asyncIterator]: () => ({
        async next() {
          await over;
          return { done: true, value: undefined };
        },
      }),
    };
  }

  /** All its frames. Iterated once. */
  frames(): AsyncIterable<Frame> {
    const reading = this.#reading;
    let begun = false;
    return {
      [Symbol.asyncIterator]: () => ({
        async next() {
          const { iterator, first } = await reading;
          const next = begun ? iterator.next() : first;
          begun = true;
          return next;
        },
        async return() {
          const { iterator } = await reading;
          return (await iterator.return?.()) ?? { done: true, value: undefined };
        },
      }),
    };
  }
}
