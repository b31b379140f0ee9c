import { fromSeconds, type Microseconds, millisecondsToSeconds, toSeconds } from '../../clock.ts';
import { type ErrorCode, HlsStreamError } from '../../errors.ts';
import { findFrame, haveNumbers, type WantedFrame } from '../../hls/find-frame.ts';
import { FieldError } from '../http/http-error.ts';
import type { WallClock } from '../http/wall-clock.ts';
import type { LiveState } from '../live/live-state.ts';
import type { LiveStream } from '../live/live-stream.ts';

/** How long a frame that is not packaged yet is waited for, in milliseconds. */
const LONGEST_WAIT_MS = 10_000;

/** How often the clock is looked at meanwhile, in milliseconds. */
const LOOK_MS = 250;

/** How many requests may wait at once. */
const MOST_WAITING = 1000;

/** What belongs to a frame, and where in a body it stands. */
export interface PlacedFrame {
  readonly draft: { readonly sourcePts?: number | undefined; readonly frame?: number | undefined };
  /** JSON pointer. */
  readonly path: string;
}

/** Finds frames of the source in what is packaged, and waits for those that are still on their way. */
export class PackagedFrames {
  readonly #live: LiveState;
  readonly #clock: WallClock;
  #waiting = 0;

  constructor(live: LiveState, clock: WallClock) {
    this.#live = live;
    this.#clock = clock;
  }

  /**
   * PTS in the stream of each marker, or whatever it is, that names a frame of the source, by its place among the drafts.
   * @param outside the code for a frame that is not in the media
   * @throws FieldError for such a frame that is not in the media; HlsStreamError FRAME_NOT_PACKAGED for one
   * that did not come in time, TOO_MANY_REQUESTS where too many wait
   */
  async find(
    stream: LiveStream,
    drafts: readonly PlacedFrame[],
    outside: ErrorCode = 'MARKER_OUT_OF_RANGE',
  ): Promise<ReadonlyMap<number, Microseconds>> {
    const found = new Map<number, Microseconds>();
    const look = () => {
      let late: PlacedFrame | undefined;
      for (const [index, placed] of drafts.entries()) {
        const wanted = wantedFrame(placed);
        if (wanted === undefined || found.has(index)) continue;
        const pts = ptsOf(stream, placed, wanted, outside);
        if (pts === 'later') late ??= placed;
        else found.set(index, pts);
      }
      return late;
    };
    if (look() !== undefined) await this.#wait(stream, look);
    return found;
  }

  async #wait(stream: LiveStream, look: () => PlacedFrame | undefined): Promise<void> {
    if (this.#waiting >= MOST_WAITING)
      throw new HlsStreamError(
        'TOO_MANY_REQUESTS',
        `${MOST_WAITING} requests wait for frames already; try again`,
      );
    this.#waiting += 1;
    const since = this.#clock.passed();
    const stops: (() => void)[] = [];
    try {
      await new Promise<void>((resolve, reject) => {
        const lookAgain = () => {
          try {
            const late = look();
            if (late === undefined) resolve();
            else if (this.#clock.passed() - since >= LONGEST_WAIT_MS) reject(tooLate(late, stream));
          } catch (error) {
            reject(error);
          }
        };
        stops.push(
          this.#live.onChange((changed, { type }) => {
            if (changed === stream && type === 'media') lookAgain();
          }),
          this.#clock.every(LOOK_MS, lookAgain),
        );
      });
    } finally {
      this.#waiting -= 1;
      for (const stop of stops) stop();
    }
  }
}

function wantedFrame({ draft: { sourcePts, frame } }: PlacedFrame): WantedFrame | undefined {
  if (sourcePts !== undefined) return { sourcePts: fromSeconds(sourcePts) };
  return frame === undefined ? undefined : { number: frame };
}

function ptsOf(
  stream: LiveStream,
  placed: PlacedFrame,
  wanted: WantedFrame,
  outside: ErrorCode,
): Microseconds | 'later' {
  const { state } = stream;
  if (state === undefined) return 'later';
  const found = findFrame(state, wanted);
  if (found === 'later' && !state.ended) return found;
  if (found !== 'later' && found.pts !== undefined) return found.pts;
  const next = found === 'later' ? undefined : found.next;
  const behind =
    next === undefined
      ? ''
      : `; the next that is, is at ${toSeconds(next.pts)} s, by the source's clock ${toSeconds(next.sourcePts)} s${next.number === undefined ? '' : `, and has the number ${next.number}`}`;
  const path = `${placed.path}/${field(placed)}`;
  throw new FieldError(outside, path, `there is no such frame in what is listed${behind}`);
}

function tooLate(placed: PlacedFrame, { state }: LiveStream): HlsStreamError {
  const named = field(placed);
  const isNumbered = named !== 'frame' || state === undefined || haveNumbers(state);
  const what = isNumbered
    ? 'send this when it has been written'
    : 'frames of this source have no numbers: name it by time or sourcePts';
  return new FieldError(
    'FRAME_NOT_PACKAGED',
    `${placed.path}/${named}`,
    `that frame was not packaged within ${millisecondsToSeconds(LONGEST_WAIT_MS)} s; ${what}`,
  );
}

function field({ draft }: PlacedFrame): 'sourcePts' | 'frame' {
  return draft.sourcePts === undefined ? 'frame' : 'sourcePts';
}
