import type { Frame } from '../container/frame.ts';
import { moved } from '../hls/frame-marker.ts';

/** How much is kept at most, in bytes of pixels: the frames of a part and of the encoder, for pictures of any usual size. */
const MOST = 128 * 1024 * 1024;

/** So much waits for a process that takes frames before no more is read, in bytes. */
const ENOUGH = 32 * 1024 * 1024;

/** A frame that is kept, and to whom it was given last. */
interface Kept {
  frame: Frame;
  given: object | undefined;
}

/**
 * Frames whose writer says something of them, kept until they are listed with that: the process that takes them may die
 * with them, and the next one gets them again. When more is on its way than can be kept, the oldest frames go, and what
 * was said of them comes to the next.
 */
export class UnsettledFrames {
  readonly #kept: Kept[] = [];
  #bytes = 0;

  /** Whether so much waits that the writer has to. */
  get enough(): boolean {
    return this.#bytes >= ENOUGH;
  }

  add(frame: Frame): void {
    this.#kept.push({ frame, given: undefined });
    this.#bytes += frame.data.length;
    while (this.#bytes > MOST && this.#kept.length > 1) this.#loseOldest();
  }

  /** These are listed. */
  settle(number: number): void {
    while (this.#kept[0]?.frame.number !== undefined && this.#kept[0].frame.number <= number) this.#shift();
  }

  /** The oldest frame that was not given to this taker yet; from now on it was. */
  next(taker: object): Frame | undefined {
    const next = this.#kept.find(({ given }) => given !== taker);
    if (next !== undefined) next.given = taker;
    return next?.frame;
  }

  #loseOldest(): void {
    const gone = this.#shift();
    const next = this.#kept[0];
    const markings = gone?.annotations?.markers ?? [];
    if (gone === undefined || next === undefined || markings.length === 0) return;
    const { annotations = {}, pts } = next.frame;
    const carried = moved(markings, gone.number ?? 0, pts - gone.pts);
    next.frame = {
      ...next.frame,
      annotations: { ...annotations, markers: [...carried, ...(annotations.markers ?? [])] },
    };
  }

  #shift(): Frame | undefined {
    const frame = this.#kept.shift()?.frame;
    this.#bytes -= frame?.data.length ?? 0;
    return frame;
  }
}
