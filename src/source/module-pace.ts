import { type EpochMicroseconds, fromSeconds, type Microseconds, toSeconds } from '../clock.ts';
import type { Frame } from '../container/frame.ts';
import { type SourceLog, silent } from './log.ts';
import { type PacerClock, systemClock } from './pacer.ts';
import { PlayOut } from './play-out.ts';

/** So much may a program be ahead of its PTS: its first frame may have been late, and the next ones are not. */
const SLACK: Microseconds = fromSeconds(0.25);
/** A PTS that moves this much further than the clock did is a break, not to be waited for. */
const JUMP: Microseconds = fromSeconds(10);

/** So many frames in a row that had to wait noticeably, and it is no chance. */
const [MANY, WAIT]: readonly [number, Microseconds] = [25, 1000];

/** What a {@link ModulePace} heeds. */
export interface ModulePaceOptions {
  /** Who makes the frames, as the log calls it. */
  readonly maker: string;
  /** It is meant to be held back: that is no news. @default false */
  readonly isUnpaced?: boolean;
  readonly paced?: boolean;
  readonly log?: SourceLog | undefined;
  readonly clock?: PacerClock;
}

/** Holds back the frames of a program that gives them faster than their PTS move on. One that paces itself never waits. */
export class ModulePace {
  readonly #options: ModulePaceOptions;
  readonly #clock: PacerClock;
  readonly #playOut: PlayOut | undefined;
  #last: { readonly pts: Microseconds; readonly at: Microseconds } | undefined;
  /** Frames in a row that had to wait. */
  #waits = 0;
  #warned = false;

  constructor(options: ModulePaceOptions, wallClock: () => EpochMicroseconds) {
    const { paced = true, clock = systemClock } = options;
    this.#options = options;
    this.#clock = clock;
    this.#playOut = paced ? new PlayOut(clock, wallClock) : undefined;
  }

  /** The frame, when it is due; `undefined` if the signal aborted. */
  async due(frame: Frame, signal: AbortSignal): Promise<Frame | undefined> {
    if (this.#playOut === undefined) return frame;
    const came = this.#clock.now();
    const isBreak = frame.discontinuity === true || this.#leapt(frame.pts, came);
    const begins = this.#last === undefined || isBreak;
    if (begins) this.#playOut.restart(0);
    if ((await this.#playOut.due(frame.pts - (begins ? 0 : SLACK), signal)) === undefined) return undefined;
    const now = this.#clock.now();
    this.#waits = now > came + WAIT ? this.#waits + 1 : 0;
    if (this.#waits === MANY) this.#warn();
    this.#last = { pts: frame.pts, at: now };
    return isBreak ? { ...frame, discontinuity: true } : frame;
  }

  #leapt(pts: Microseconds, now: Microseconds): boolean {
    if (this.#last === undefined || pts - this.#last.pts <= now - this.#last.at + JUMP) return false;
    const { maker, log = silent } = this.#options;
    const seconds = toSeconds(pts - this.#last.pts);
    log.warn({ seconds }, `${maker} leapt ahead by ${seconds} s; going on after a discontinuity`);
    return true;
  }

  #warn(): void {
    if (this.#warned || this.#options.isUnpaced === true) return;
    this.#warned = true;
    const { maker, log = silent } = this.#options;
    log.warn({}, `${maker} yields faster than its pts moves on; it is held back to its own pace`);
  }
}
