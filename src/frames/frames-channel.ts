import type { EpochMicroseconds, Microseconds } from '../clock.ts';
import { hasCode } from '../errors.ts';
import type { PictureRun } from '../hls/marker-runs.ts';
import type { Store } from '../store/store.ts';
import { isAway, storeBack } from '../store/store-return.ts';
import type { Picture } from './picture.ts';
import { downscale, pack, SMALL_PICTURE, type SmallPicture, unpack } from './picture.ts';

/**
 * The frames channel: every frame of a stream, made small, from the stream process to whoever looks at
 * pictures. Ephemeral and bounded everywhere; what is lost on the way is known by the running numbers.
 */

/** Name of the channel that carries a stream's pictures. */
export function framesChannelName(stream: string): string {
  return `frames/${stream}`;
}

/** A frame as the channel takes it, with its times in the media. */
export interface PublishedFrame {
  /** PTS in the media, in microseconds. */
  readonly pts: Microseconds;
  /** The same instant as a date. */
  readonly date: EpochMicroseconds;
  readonly width: number;
  readonly height: number;
  /** RGBA; read during the call of `publish` only. */
  readonly data: Uint8Array;
  /** True on the first frame after a break in the stream. */
  readonly discontinuity: boolean;
  readonly run?: PictureRun;
}

/** What is said of one frame beside its pixels. */
interface FrameFacts {
  /** Counts all frames given, from 0, sent or not. */
  readonly number: number;
  /** Breaks so far, this frame's included: a break is seen even if its first frame was lost. */
  readonly breaks: number;
  readonly pts: Microseconds;
  readonly date: EpochMicroseconds;
  readonly run?: PictureRun | undefined;
}

/** What crosses the channel: frames of one size, in order. */
interface FramesMessage {
  readonly type: 'frames';
  /** One life of a publisher: running numbers compare only within it. */
  readonly publisher: string;
  readonly frames: readonly FrameFacts[];
  readonly width: number;
  readonly height: number;
  /** RGBA of all of them, one after the other, as `pack` makes it. */
  readonly packed: Uint8Array;
}

type ChannelContent = FramesMessage | { readonly type: 'end'; readonly publisher: string };

/** The sending side of the frames channel. */
export interface FramesPublisher {
  /** Takes the next frame; never waits, never throws. Repeated frames and filler are left out. */
  publish(frame: PublishedFrame): void;
  /** Tells followers that the source has ended for good. Not for an orderly stop. */
  end(): Promise<void>;
  /** Frames given while somebody listened, and those of them that could not be sent. */
  readonly counts: { readonly published: number; readonly dropped: number };
}

/** How the sending side behaves. */
export interface FramesPublisherOptions {
  /** Widest picture sent, in pixels. @default 160 */
  readonly maxWidth?: number;
  /** Pictures that may wait to be sent before the oldest go: two seconds at 30 frames a second. @default 60 */
  readonly queue?: number;
  /** Frames that share a message: each hop costs as much for one as for a few. @default 1 */
  readonly batch?: number;
  /** How often to ask for listeners while there are none, in milliseconds. @default 500 */
  readonly pollEvery?: number;
  /** Milliseconds on any monotonic clock. */
  readonly now?: () => number;
}

/** Publishes that may wait for the store's answer at a time; fewer than a store lets through. */
const UNANSWERED = 8;

/** How long a frame waits for others to share its message, in milliseconds. */
const GATHER_MS = 100;

/** Opens the sending side of a stream's frames channel. It owns nothing that would have to be closed. */
export function createFramesPublisher(
  store: Store,
  stream: string,
  options: FramesPublisherOptions = {},
): FramesPublisher {
  const {
    maxWidth = SMALL_PICTURE,
    queue = 60,
    batch = 1,
    pollEvery = 500,
    now = () => performance.now(),
  } = options;
  const channel = framesChannelName(stream);
  const publisher = crypto.randomUUID();
  let gathered: { readonly facts: FrameFacts; readonly picture: SmallPicture }[] = [];
  let gathering: NodeJS.Timeout | undefined;
  const counts = { published: 0, dropped: 0 };
  const waiting: FramesMessage[] = [];
  let number = -1;
  let breaks = 0;
  let listeners = 0;
  let unanswered = 0;
  let askedAt = Number.NEGATIVE_INFINITY;

  const lookForListeners = () => {
    if (now() - askedAt < pollEvery) return;
    askedAt = now();
    store.subscribers(channel).then(
      (found) => {
        listeners = found;
      },
      () => {},
    );
  };

  const settled = () => {
    unanswered -= 1;
    if (listeners === 0) {
      waiting.length = 0;
      gathered = [];
    }
    send();
  };

  const send = () => {
    while (unanswered < UNANSWERED) {
      const message = waiting.shift();
      if (message === undefined) return;
      unanswered += 1;
      store
        .publish(channel, message)
        .then(
          (found) => {
            listeners = found;
          },
          () => {
            // The store is away. Nobody listens until it says otherwise.
            counts.dropped += [message, ...waiting].reduce((sum, { frames }) => sum + frames.length, 0);
            listeners = 0;
          },
        )
        .finally(settled);
    }
  };

  /** Makes a message of what was gathered. */
  const post = () => {
    clearTimeout(gathering);
    const [first] = gathered;
    if (first === undefined) return;
    const { width, height } = first.picture;
    const frames = gathered.map(({ facts }) => facts);
    const packed = pack(Buffer.concat(gathered.map(({ picture }) => picture.data)));
    gathered = [];
    waiting.push({ type: 'frames', publisher, frames, width, height, packed });
    if (waiting.length * batch > queue) counts.dropped += waiting.shift()?.frames.length ?? 0;
    send();
  };

  return {
    counts,
    publish({ pts, date, discontinuity, run, ...frame }) {
      number += 1;
      if (discontinuity) breaks += 1;
      if (listeners === 0) return lookForListeners();
      counts.published += 1;
      const picture = downscale(frame, maxWidth);
      const before = gathered[0]?.picture;
      if (before && (before.width !== picture.width || before.height !== picture.height)) post();
      gathered.push({ facts: { number, breaks, pts, date, run }, picture });
      if (gathered.length >= batch) return post();
      if (gathered.length === 1) gathering = setTimeout(post, GATHER_MS).unref();
    },
    async end() {
      post();
      const message: ChannelContent = { type: 'end', publisher };
      await store.publish(channel, message).catch(() => 0);
    },
  };
}

/** How the receiving side behaves. */
export interface FollowFramesOptions {
  /** Ends the iteration quietly. */
  readonly signal: AbortSignal;
  /** Called when the source has ended for good; should another one begin, its pictures follow. */
  readonly onEnd?: () => void;
  /** Nominal frames per second: two seconds of pictures may wait before the oldest go. @default 30 */
  readonly frameRate?: number;
}

/**
 * The pictures of a stream, from now on. Goes on by itself when the store was away, or when the stream
 * process is another one (the picture then says `discontinuity`). Ends when the store is closed, or with the
 * signal.
 */
export async function* followFrames(
  store: Store,
  stream: string,
  { signal, onEnd = () => {}, frameRate = 30 }: FollowFramesOptions,
): AsyncGenerator<Picture, void, undefined> {
  const channel = framesChannelName(stream);
  const queue = Math.max(4, Math.ceil(2 * frameRate));
  let last: { publisher: string; number: number; breaks: number } | undefined;
  while (!signal.aborted) {
    try {
      for await (const { value, dropped } of store.subscribe(channel, { queue, signal })) {
        const message = value as ChannelContent;
        if (message.type === 'end') {
          onEnd();
          continue;
        }
        const { publisher, frames, width, height } = message;
        const pixels = unpack(message.packed);
        const size = width * height * 4;
        for (const [index, { number, breaks, pts, date, run }] of frames.entries()) {
          const same = last?.publisher === publisher ? last : undefined;
          if (same !== undefined && number <= same.number) continue;
          yield {
            ...{ pts, date, width, height, ...(run && { run }) },
            data: pixels.subarray(index * size, (index + 1) * size),
            // A publisher met for the first time has sent into the void before: its number says how often.
            dropped: same === undefined ? Math.max(number, dropped) : number - same.number - 1,
            // Another publisher is another stream process, and between the two there is a break.
            discontinuity: same === undefined ? last !== undefined : breaks > same.breaks,
          };
          last = { publisher, number, breaks };
        }
      }
      return;
    } catch (error) {
      if (hasCode(error, 'STORE_CLOSED')) return;
      if (!isAway(error)) throw error;
      await storeBack(store, signal);
    }
  }
}
