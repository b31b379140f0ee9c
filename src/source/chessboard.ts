import { type EpochMicroseconds, fromSeconds, type Microseconds, systemDate, timeOfTicks } from '../clock.ts';
import type { Frame } from '../container/frame.ts';
import { type ChessboardEvent, chessboardEvents, placeOf } from './chessboard-events.ts';
import { type BoardShape, EVENT_LENGTH, layOut } from './chessboard-layout.ts';
import { ChessboardPicture } from './chessboard-picture.ts';
import { type SourceLog, silent } from './log.ts';
import { Pacer, type PacerClock, systemClock } from './pacer.ts';
import type { Source } from './source.ts';

/** What the chessboard is to be. */
export interface ChessboardOptions extends BoardShape {
  /** Frames per second, above 0; need not be whole. */
  readonly frameRate: number;
  /** Mean time between the beginnings of events, in microseconds. */
  readonly eventMean: Microseconds;
  /** Makes it repeatable: then a picture depends on its PTS only, but for the wall clock. 32 bits. */
  readonly seed?: number | undefined;
  /** Largest deviation of the board's greys, 0 to 63. @default 0 */
  readonly noise?: number;
  /** False draws as fast as the frames are taken. @default true */
  readonly paced?: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly log?: SourceLog | undefined;
  readonly clock?: PacerClock;
  /** Asked once, when the first frame is drawn. */
  readonly wallClock?: () => EpochMicroseconds;
}

/** The wall clock was set when it goes this much another way than time does. */
const SET = fromSeconds(1);

/**
 * The rolling chessboard: two greys, a timecode, the wall clock, and a mint square now and then, of which
 * nobody is told. @throws HlsStreamError SOURCE_SIZE for a picture too small for its squares.
 */
export function createChessboard(options: ChessboardOptions): Source {
  const { width, height, frameRate, eventMean, noise = 0, signal, log = silent } = options;
  const { clock = systemClock, wallClock = systemDate } = options;
  const layout = layOut(options);
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
  const picture = new ChessboardPicture(layout, frameRate, noise, seed);
  const schedule = new Schedule(chessboardEvents({ layout, frameRate, eventMean, seed }));
  const pacer = new Pacer({
    frameRate,
    clock,
    ...(signal && { signal }),
    onSkipped: (report) => log.warn(report, 'frames were due but not drawn: this machine is too busy'),
  });
  const paced = options.paced ?? true;

  async function* frames(): AsyncGenerator<Frame, void, undefined> {
    const began = clock.now();
    let anchor = wallClock();
    for await (const tick of paced ? pacer : allTicks(signal)) {
      const pts = Math.round(timeOfTicks(tick, frameRate));
      const passed = paced ? Math.round(clock.now() - began) : pts;
      // The monotonic clock counts from the anchor, until the wall clock is set: what is drawn is what is listed.
      if (paced && Math.abs(wallClock() - anchor - passed) > SET) anchor = wallClock() - passed;
      const capturedAt = anchor + passed;
      const squares = schedule.at(pts).map((event) => placeOf(event, layout, pts));
      yield { pts, capturedAt, width, height, data: picture.draw({ tick, pts, capturedAt }, squares) };
    }
  }

  return {
    width,
    height,
    frameRate,
    live: false,
    frames,
    get skipped() {
      return pacer.skipped;
    },
  };
}

/** The events that are there at a time which only moves forward. */
class Schedule {
  readonly #coming: Iterator<ChessboardEvent, never>;
  #next: ChessboardEvent;
  #present: ChessboardEvent[] = [];

  constructor(coming: Iterator<ChessboardEvent, never>) {
    this.#coming = coming;
    this.#next = coming.next().value;
  }

  at(pts: Microseconds): readonly ChessboardEvent[] {
    while (this.#next.begin <= pts) {
      this.#present.push(this.#next);
      this.#next = this.#coming.next().value;
    }
    this.#present = this.#present.filter(({ begin }) => pts < begin + EVENT_LENGTH);
    return this.#present;
  }
}

async function* allTicks(signal: AbortSignal | undefined): AsyncGenerator<number, void, undefined> {
  for (let tick = 0; !signal?.aborted; tick++) yield tick;
}
