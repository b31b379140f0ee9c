import type { Frame } from '../container/frame.ts';
import { type LateMarking, type LateObjects, moved } from '../hls/frame-marker.ts';

/** How much is kept at most, in bytes: the frames of a part and of the encoder, for pictures of any usual size. */
const MOST = 128 * 1024 * 1024;

/** So much waits for a process that takes frames before no more is read, in bytes. */
const ENOUGH = 32 * 1024 * 1024;

/** What is said of a frame that came before. */
type Late = LateMarking | LateObjects;

/** What is kept, and to whom it was given last. */
interface Kept {
  item: Frame | Late;
  readonly bytes: number;
  given?: object;
  /** Which of the late words it was that this taker was given, from 1 on. */
  order?: number;
}

/**
 * Frames whose writer says something of them, and what it says later, kept until both are listed: the process that takes
 * them may die with them, and the next one gets them again. When more is on its way than can be kept, the oldest frames
 * go, and what was said of them comes to the next.
 */
export class UnsettledFrames {
  #kept: Kept[] = [];
  #bytes = 0;
  /** The newest taker, and how many late words it was given. */
  #taker: { readonly who: object; heard: number } | undefined;

  /** Whether so much waits that the writer has to. */
  get enough(): boolean {
    return this.#bytes >= ENOUGH;
  }

  add(frame: Frame): void {
    this.#keep({ item: frame, bytes: frame.data.length });
  }

  /** Something more is said of a frame. */
  hear(late: Late): void {
    this.#keep({ item: late, bytes: JSON.stringify(late).length });
  }

  /** These are listed, with what the newest taker was told late of them: the first `heard` things. */
  settle(number: number, heard: number): void {
    const who = this.#taker?.who;
    this.#kept = this.#kept.filter(({ item, bytes, given, order = Number.POSITIVE_INFINITY }) => {
      const isSettled = isFrame(item)
        ? item.number !== undefined && item.number <= number
        : given === who && order <= heard && item.frame.number <= number;
      if (isSettled) this.#bytes -= bytes;
      return !isSettled;
    });
  }

  /** The oldest that was not given to this taker yet; from now on it was. */
  next(taker: object): Frame | Late | undefined {
    const next = this.#kept.find(({ given }) => given !== taker);
    if (next === undefined) return undefined;
    next.given = taker;
    if (isFrame(next.item)) return next.item;
    if (this.#taker?.who !== taker) this.#taker = { who: taker, heard: 0 };
    this.#taker.heard += 1;
    next.order = this.#taker.heard;
    return next.item;
  }

  #keep(kept: Kept): void {
    this.#kept.push(kept);
    this.#bytes += kept.bytes;
    while (this.#bytes > MOST && this.#kept.length > 1) this.#loseOldest();
  }

  #loseOldest(): void {
    const gone = this.#kept.shift();
    this.#bytes -= gone?.bytes ?? 0;
    if (gone === undefined || !isFrame(gone.item)) return;
    const next = this.#kept.find(({ item }) => isFrame(item));
    const markings = gone.item.annotations?.markers ?? [];
    if (next === undefined || !isFrame(next.item) || markings.length === 0) return;
    const { annotations = {}, pts } = next.item;
    const carried = moved(markings, gone.item.number ?? 0, pts - gone.item.pts);
    next.item = {
      ...next.item,
      annotations: { ...annotations, markers: [...carried, ...(annotations.markers ?? [])] },
    };
  }
}

function isFrame(item: Frame | Late): item is Frame {
  return 'data' in item;
}
