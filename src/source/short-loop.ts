import { type EpochMicroseconds, fromSeconds, type Microseconds, systemDate, timeOfTicks } from '../clock.ts';
import type { Frame } from '../container/frame.ts';
import { type PacerClock, systemClock } from './pacer.ts';
import { PlayOut } from './play-out.ts';
import type { Source } from './source.ts';

/** Clips below this length are looped out of memory: a discontinuity for each round would be one a segment. */
const SHORT: Microseconds = fromSeconds(2);
/** As long as they fit into this, in bytes. */
const MOST_BYTES = 128 * 1024 * 1024;
/** How often a single picture is shown again, a second: as often as parts need it. */
const STILL_RATE = 10;

/** What a {@link shortLoop} is opened with. */
export interface ShortLoopOptions {
  /** False gives out frames as fast as they are taken. @default true */
  readonly paced?: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: PacerClock;
  readonly wallClock?: () => EpochMicroseconds;
}

/**
 * A still picture or a clip of less than two seconds, over and over without a break: times go on rising. `undefined`
 * for anything longer, which is better read again and again.
 * @param source opened unpaced and not looped; it is closed in either case
 */
export async function shortLoop(source: Source, options: ShortLoopOptions): Promise<Source | undefined> {
  const frames = await allFrames(source);
  if (frames === undefined) return undefined;
  const frameRate = frames.length === 1 ? STILL_RATE : source.frameRate;
  return {
    width: source.width,
    height: source.height,
    live: source.live,
    frameRate,
    frames: () => rounds(frames, Math.round(timeOfTicks(1, frameRate)), options),
  };
}

async function* rounds(
  frames: readonly Frame[],
  interval: Microseconds,
  { paced = true, signal, clock = systemClock, wallClock = systemDate }: ShortLoopOptions,
): AsyncGenerator<Frame, void, undefined> {
  const playOut = new PlayOut(clock, wallClock);
  const first = frames[0]?.pts ?? 0;
  const length = (frames.at(-1)?.pts ?? first) - first + interval;
  for (let round = 0; ; round += 1) {
    for (const frame of frames) {
      const pts = frame.pts - first + round * length;
      const capturedAt = paced ? await playOut.due(pts, signal) : wallClock();
      if (capturedAt === undefined || signal?.aborted) return;
      yield { ...frame, pts, capturedAt };
    }
  }
}

/** All frames of a source that is short; `undefined` if it is not, or has none, or is broken inside. */
async function allFrames(source: Source): Promise<readonly Frame[] | undefined> {
  const frames: Frame[] = [];
  let bytes = 0;
  for await (const frame of source.frames()) {
    frames.push(frame);
    bytes += frame.data.length;
    const { pts: first, width, height } = frames[0] as Frame;
    const fits = frame.width === width && frame.height === height && !frame.discontinuity;
    if (frame.pts - first >= SHORT || bytes > MOST_BYTES || !fits) return undefined;
  }
  return frames.length > 0 ? frames : undefined;
}
