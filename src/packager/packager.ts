import {
  dateOf,
  fromMilliseconds,
  fromSeconds,
  type Microseconds,
  millisecondsToSeconds,
  toMilliseconds,
  toSeconds,
  within,
} from '../clock.ts';
import type { Frame } from '../container/frame.ts';
import { isStorageFailure } from '../storage/storage.ts';
import { Calendar } from './calendar.ts';
import { dueIn } from './due.ts';
import { GapWriter } from './gap-writer.ts';
import type { LastShown } from './last-shown.ts';
import { Outage } from './outage.ts';
import type { PackagerCounts } from './packager-events.ts';
import type { LastPicture, PackagerOptions } from './packager-options.ts';
import { PlaylistWindow } from './playlist-window.ts';
import type { Run } from './run.ts';
import { RunFailures } from './run-failures.ts';
import { type Loss, Silence } from './silence.ts';
import { startRun } from './start-run.ts';
import { takeUp } from './take-up.ts';

/**
 * The main loop of a stream: frames in; parts, segments and playlist entries out. It decides the boundaries, repeats
 * pictures when none come, fills silences, and starts a new run of the encoder after every break.
 */
export class Packager {
  /** What is listed, and what is kept of it. */
  readonly window: PlaylistWindow;
  readonly counts: PackagerCounts = { repeated: 0, late: 0, taken: 0 };
  readonly #options: PackagerOptions;
  readonly #now: () => number;
  readonly #silence: Silence;
  readonly #calendar: Calendar;
  readonly #failures = new RunFailures();
  readonly #outage: Outage;
  #run: Run | undefined;
  #last: LastPicture | undefined;
  #loss: Loss | undefined;
  #gap: GapWriter | undefined;
  constructor(options: PackagerOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#silence = new Silence(toMilliseconds(options.stall));
    this.#outage = new Outage(options);
    this.#calendar = new Calendar(options, this.#now);
    this.window = new PlaylistWindow(options, this.#now, (error) =>
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
    let isLast = false;
    try {
      await takeUp(this.#options, this.window);
      if (this.#options.silentSince) await this.#takeOver(this.#options.silentSince);
      let next = iterator.next();
      for (;;) {
        const result = await within(next, this.#timeout());
        if (result === 'late') await this.#fill();
        else if (result.done) break;
        else {
          next = iterator.next();
          next.catch(() => {});
          await this.#take(result.value);
        }
      }
      isLast = ended();
    } finally {
      await this.#endRun(isLast);
      this.#gap?.end(this.#now());
      await iterator.return?.();
    }
    if (isLast) await this.#options.publisher.playlist({ type: 'end' });
  }

  /** See {@link PlaylistWindow.forgetLost}. */
  async forgetLost(has: (path: string) => Promise<boolean>): Promise<number> {
    const output = this.#run?.output;
    await output?.restore(has);
    return this.window.forgetLost(async (path) => output?.isInit(path) || has(path));
  }

  /** How long the oldest picture has been inside the encoder, in milliseconds. */
  get lag(): number {
    return this.#run?.output.lag ?? 0;
  }

  #timeout() {
    const facts = { run: this.#run, gap: this.#gap, outage: this.#outage, silence: this.#silence };
    const more = { begun: this.#last !== undefined, notBefore: this.#failures.notBefore };
    return dueIn({ ...facts, ...more }, this.#options, this.#now());
  }

  async #take(given: Frame): Promise<void> {
    const at = this.#now();
    // What follows a clock that was set is another run, with dates of its own.
    if (this.#calendar.look() !== 0) await this.#endRun();
    const frame = { ...given, capturedAt: this.#calendar.date(given.capturedAt) };
    this.#silence.arrived(at);
    const placed = await this.#place(frame, at);
    if (placed === undefined) return this.#leaveOut(given);
    const { run, pts } = placed;
    const loss = this.#loss;
    // The last picture of the source lies before this run, which may have begun with a repeated one.
    const isFirst = (this.#last?.pts ?? Number.NEGATIVE_INFINITY) < run.anchor.pts;
    const { filler, picture = this.#last?.frame ?? frame } = loss ?? {};
    const { own, repeated } = await run.show(pts, frame, { picture, filler });
    this.counts.repeated += repeated;
    if (own === undefined) return this.#leaveOut(given);
    if (loss !== undefined)
      this.#options.onEvent?.({ type: 'back', seconds: millisecondsToSeconds(at - loss.since) });
    this.#loss = undefined;
    run.shown = { pts: own, at };
    const date = dateOf(run.anchor, own);
    this.#last = { frame, pts: own, date, at };
    this.counts.taken += 1;
    const { id, anchor } = run;
    const discontinuity = isFirst || loss !== undefined;
    this.#options.onFrame?.({ pts: own, date, frame, discontinuity, run: { id, at: anchor.pts } });
    if (run.output.produced > 0) this.#failures.forget();
    this.window.keep();
  }

  #leaveOut(frame: Frame): void {
    this.counts.late += 1;
    this.#options.onLate?.(frame);
  }

  /** The run that takes this frame, and its PTS there; undefined if it is not shown. */
  async #place(frame: Frame, at: number): Promise<{ run: Run; pts: Microseconds } | undefined> {
    const arrival = { pts: frame.pts, at: fromMilliseconds(at) };
    const place = (run: Run) => run.clock.place(arrival, run.planner.last, this.#loss !== undefined);
    let run = this.#run;
    let placed = run?.takes(frame) === true ? place(run) : 'break';
    if (placed === 'break') {
      await this.#endRun();
      run = await this.#startRun(frame);
      placed = run === undefined ? 'late' : place(run);
    }
    if (run === undefined || typeof placed === 'string') return undefined;
    if (placed.anchored !== undefined && this.#loss === undefined)
      this.#options.onEvent?.({ type: 'anchored', seconds: toSeconds(placed.anchored) });
    return { run, pts: placed.pts };
  }

  /** Nothing came in time: the last picture once more, or what fills a silence. */
  async #fill(): Promise<void> {
    const now = this.#now();
    if (this.#calendar.look() !== 0) await this.#endRun();
    if (this.#gap !== undefined && this.#outage.due === Infinity) this.#gap.advance(now);
    else {
      const silent = this.#silence.lasts(now) >= this.#silence.limit;
      if (this.#run?.dead === true) await this.#endRun();
      else if (silent && this.#loss === undefined) await this.#lose(now);
      else await this.#repeat(now);
    }
    this.window.keep();
  }

  /** Goes on with a silence that began under a process before this one. */
  async #takeOver({ frame, ago }: LastShown): Promise<void> {
    const now = this.#now();
    this.#last = { frame, date: frame.capturedAt, at: now - toMilliseconds(ago) };
    await this.#lose(now);
  }

  /** The source has fallen silent. */
  async #lose(now: number): Promise<void> {
    const { inputLoss: kind = 'pause', slate, publisher, plan, onEvent } = this.#options;
    const last = this.#last;
    if (last === undefined) return;
    const seconds = millisecondsToSeconds(now - last.at);
    onEvent?.(kind === 'pause' ? { type: 'stalled', seconds } : { type: 'silent', seconds, filler: kind });
    if (kind === 'pause' || kind === 'gap') {
      // Where nothing was encoded until now, a gap begins now and not where the last media ended.
      const notBefore = this.#run === undefined ? last.date + fromSeconds(seconds) : 0;
      await this.#endRun();
      this.#loss = { since: last.at };
      if (kind === 'gap')
        this.#gap = new GapWriter({ publisher, plan, filler: { kind, since: last.date }, now, notBefore });
      return;
    }
    const picture = kind === 'slate' && slate ? slate(last.frame, last.date) : last.frame;
    this.#loss = { filler: { kind, since: last.date }, picture, since: last.at };
    await this.#repeat(now, true);
  }

  /** The last picture or the slate once more, in a run that begins with it if there is none. */
  async #repeat(now: number, newSegment = false): Promise<void> {
    const { filler, picture = this.#last?.frame } = this.#loss ?? {};
    const last = this.#last;
    if (last === undefined || picture === undefined) return;
    this.counts.repeated += 1;
    if (this.#run !== undefined) return this.#run.repeat(picture, filler, newSegment);
    const gone = fromMilliseconds(now - last.at);
    const [pts, capturedAt] = [last.frame.pts + gone, this.#calendar.date(last.frame.capturedAt + gone)];
    const run = await this.#startRun({ ...picture, pts, capturedAt });
    const placed = run?.clock.place({ pts, at: fromMilliseconds(now) }, undefined, false);
    if (run === undefined || typeof placed !== 'object') return;
    run.shown = { pts: placed.pts, at: now };
    await run.begin(placed.pts, picture, filler);
  }

  async #startRun(frame: Frame): Promise<Run | undefined> {
    const now = this.#now();
    if (now < this.#failures.notBefore || (await this.#outage.lasts(now))) {
      // Frames that come meanwhile are shown nowhere.
      this.#gap?.advance(now);
      this.window.keep();
      return undefined;
    }
    this.#gap?.end(now);
    this.#gap = undefined;
    const repeated = (pts: Microseconds) => {
      if (this.#last?.pts !== undefined) this.#options.onRepeated?.(pts, this.#last.pts);
    };
    const { pts, date = 0 } = this.#last ?? {};
    const shown = pts === undefined ? undefined : { pts, date };
    const step = this.#calendar.runBegins();
    this.#run = await startRun(this.#options, frame, this.#now, shown, step, repeated);
    return this.#run;
  }

  async #endRun(isLast = false): Promise<void> {
    const run = this.#run;
    this.#run = undefined;
    await run?.end(isLast).catch(async (error: unknown) => {
      const now = this.#now();
      if (isStorageFailure(error)) {
        this.#gap = await this.#outage.begin(error, now, this.#last?.date ?? run.anchor.date);
        return;
      }
      this.#options.onEvent?.({ type: 'encoder-failed', error });
      this.#failures.note(error, run.output.produced > 0, now);
    });
    if (run !== undefined) this.window.keep();
  }
}
