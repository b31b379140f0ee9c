import { dateOf, type EpochMicroseconds, type Microseconds, toSeconds } from '../clock.ts';
import type { Frame } from '../container/frame.ts';
import type { Encoder, EncoderRun, RunShape } from '../encoder/encoder.ts';
import { HlsStreamError } from '../errors.ts';
import type { Storage } from '../storage/storage.ts';
import { type Cut, type CutPlan, Cutter } from './cutter.ts';
import { nextAnchor } from './epoch.ts';
import type { PackagerCounts, PackagerEvent } from './packager-events.ts';
import type { Publisher } from './publisher.ts';
import { closeHalfOpen, RunOutput } from './run-output.ts';
import { Window } from './window.ts';
import { within } from './within.ts';

/** A real picture as it went into the media; held pictures are not among these. */
export interface PackagedFrame {
  readonly pts: Microseconds;
  readonly date: EpochMicroseconds;
  readonly frame: Frame;
  /** It is the first of a run: something is missing before it. */
  readonly discontinuity: boolean;
}

/** What a packager works with. */
export interface PackagerOptions {
  readonly publisher: Publisher;
  readonly storage: Storage;
  readonly encoder: Encoder;
  readonly plan: CutPlan;
  /** Where PTS begin if nothing is listed yet. @default 0 */
  readonly from?: Microseconds;
  /** Nominal frames per second of the source. */
  readonly frameRate: number;
  /** BANDWIDTH of the Multivariant Playlist for pictures of this shape, in bits per second. */
  readonly bandwidth: (shape: RunShape) => number;
  /** Silence after which the encoder is closed until frames return. */
  readonly stall: Microseconds;
  readonly onFrame?: (frame: PackagedFrame) => void;
  readonly onEvent?: (event: PackagerEvent) => void;
  /** Monotonic milliseconds. @default performance.now */
  readonly now?: () => number;
  /** A source that is faster than real time is never held for. @default true */
  readonly paced?: boolean;
}

/** Real pictures may be this late, in milliseconds, before the last one is held in their place. */
const LATENESS = 120;

/** After so many runs in a row that gave nothing, the encoder will not come back by itself. */
const FRUITLESS_RUNS = 5;

/** Pause before the next run after one that failed, in milliseconds, times the failures in a row. */
const RUN_PAUSE = 300;

interface Run {
  readonly encoder: EncoderRun;
  readonly output: RunOutput;
  readonly cutter: Cutter;
  /** What is added to the source's PTS to get the stream's. */
  readonly offset: Microseconds;
  readonly anchor: { readonly pts: Microseconds; readonly date: EpochMicroseconds };
  readonly width: number;
  readonly height: number;
  last: { readonly frame: Frame; readonly pts: Microseconds; readonly at: number };
}

/**
 * The main loop of a stream: frames in; parts, segments and playlist entries out. It decides the cuts, holds
 * pictures when none come, and starts a new run of the encoder after every break.
 */
export class Packager {
  readonly counts: PackagerCounts = { held: 0, late: 0, taken: 0 };
  readonly #options: PackagerOptions;
  readonly #now: () => number;
  readonly #window: Window;
  #run: Run | undefined;
  #fruitless = 0;
  #notBefore = 0;

  constructor(options: PackagerOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#window = new Window(options.publisher, options.storage, this.#now, (error) =>
      options.onEvent?.({ type: 'cleanup-failed', error }),
    );
  }

  /**
   * Packages all frames. Resolves when they end, everything closed; the playlist says so only if `ended()`
   * then holds: a source that was told to stop has not ended.
   * @throws HlsStreamError ENCODER_FAILED when the encoder fails again and again; whatever the source throws
   */
  async package(frames: AsyncIterable<Frame>, ended: () => boolean): Promise<void> {
    const iterator = frames[Symbol.asyncIterator]();
    try {
      let next = iterator.next();
      for (;;) {
        const result = await within(next, this.#patience());
        if (result === 'late') {
          await this.#hold();
          continue;
        }
        if (result.done) break;
        next = iterator.next();
        next.catch(() => {});
        await this.#take(result.value);
      }
    } finally {
      await this.#endRun();
      await iterator.return?.();
    }
    if (ended()) await this.#options.publisher.playlist({ type: 'end' });
  }

  /** What is listed and lost leaves the list; see {@link Window.forgetLost}. */
  forgetLost(has: (path: string) => Promise<boolean>): Promise<void> {
    return this.#window.forgetLost(has);
  }

  /** How long the oldest picture has been inside the encoder, in milliseconds. */
  get lag(): number {
    return this.#run?.output.lag ?? 0;
  }

  /** Milliseconds until the last picture has to be held; undefined to wait for as long as it takes. */
  #patience(): number | undefined {
    const run = this.#run;
    if (run === undefined || this.#options.paced === false) return undefined;
    const deadline = run.cutter.deadline ?? 0;
    // Counted from the last arrival, so that a source whose clock drifts is never held for by mistake.
    return (deadline - run.last.pts) / 1000 + LATENESS - (this.#now() - run.last.at);
  }

  async #take(frame: Frame): Promise<void> {
    if (this.#run && this.#isBreak(this.#run, frame)) await this.#endRun();
    if (this.#run === undefined && !(await this.#startRun(frame))) {
      this.counts.late += 1;
      return;
    }
    const run = this.#run as unknown as Run;
    const first = run.last.pts === Number.NEGATIVE_INFINITY;
    const pts = frame.pts + run.offset;
    const cuts = run.cutter.offer(pts);
    const own = cuts.at(-1);
    if (own === undefined || own.held) this.counts.late += 1;
    for (const cut of cuts) await this.#write(run, cut, cut.held ? run.last.frame : frame);
    if (own === undefined || own.held) return;
    run.last = { frame, pts: own.pts, at: this.#now() };
    this.counts.taken += 1;
    this.#options.onFrame?.({ pts: own.pts, date: dateOf(run.anchor, own.pts), frame, discontinuity: first });
    if (run.output.produced > 0) this.#fruitless = 0;
    this.#window.keep();
  }

  /** True when this frame cannot go on with the present run. */
  #isBreak(run: Run, frame: Frame): boolean {
    const ahead = frame.pts + run.offset - run.last.pts;
    return (
      frame.discontinuity === true ||
      frame.width !== run.width ||
      frame.height !== run.height ||
      Math.abs(ahead) > this.#options.stall ||
      run.output.failed ||
      run.output.lag > this.#options.stall / 1000
    );
  }

  async #hold(): Promise<void> {
    const run = this.#run;
    if (run === undefined) return;
    const silence = (this.#now() - run.last.at) * 1000;
    if (silence >= this.#options.stall || run.output.failed) {
      if (!run.output.failed) this.#options.onEvent?.({ type: 'stalled', seconds: toSeconds(silence) });
      return this.#endRun();
    }
    await this.#write(run, run.cutter.hold(), run.last.frame);
  }

  async #write(run: Run, cut: Cut, frame: Frame): Promise<void> {
    if (cut.held) this.counts.held += 1;
    run.output.expect(cut);
    // An encoder that takes nothing for as long as a stall is as good as dead.
    const taken = await within(run.encoder.write({ pts: cut.pts, frame }), this.#options.stall / 1000);
    if (taken === 'late') run.encoder.kill();
  }

  async #startRun(frame: Frame): Promise<boolean> {
    if (this.#now() < this.#notBefore) return false;
    const { publisher, storage, encoder, frameRate, plan, bandwidth } = this.#options;
    await closeHalfOpen(publisher, storage);
    const anchor = nextAnchor(publisher.state, this.#options.from ?? 0, frame.capturedAt);
    const { width, height } = frame;
    const shape = { width, height, frameRate };
    // Runs are told apart by where they begin: PTS never repeats within an epoch.
    const id = anchor.pts.toString(36);
    const run = encoder.start(shape);
    const facts = { id, anchor, shape, bandwidth: bandwidth(shape) };
    this.#run = {
      encoder: run,
      output: new RunOutput(facts, run, publisher, storage, this.#now),
      cutter: new Cutter(plan),
      offset: anchor.pts - frame.pts,
      anchor,
      width,
      height,
      last: { frame, pts: Number.NEGATIVE_INFINITY, at: this.#now() },
    };
    this.#options.onEvent?.({ type: 'run', run: id, ...(run.pid !== undefined && { pid: run.pid }) });
    return true;
  }

  /** Closes the encoder's input, which flushes it, and waits until all it held is written. */
  async #endRun(): Promise<void> {
    const run = this.#run;
    if (run === undefined) return;
    this.#run = undefined;
    run.encoder.end();
    const late = await within(
      run.output.done.catch((error: unknown) => this.#failed(run, error)),
      this.#options.stall / 1000,
    );
    if (late === 'late') {
      run.encoder.kill();
      await run.output.done.catch((error: unknown) => this.#failed(run, error));
    }
    this.#window.keep();
  }

  #failed(run: Run, error: unknown): void {
    this.#options.onEvent?.({ type: 'encoder-failed', error });
    this.#fruitless = run.output.produced > 0 ? 1 : this.#fruitless + 1;
    this.#notBefore = this.#now() + RUN_PAUSE * this.#fruitless;
    if (this.#fruitless < FRUITLESS_RUNS) return;
    const reason = error instanceof Error ? error.message : String(error);
    throw new HlsStreamError(
      'ENCODER_FAILED',
      `the encoder failed ${FRUITLESS_RUNS} times in a row; ${reason}`,
      {
        cause: error,
      },
    );
  }
}
