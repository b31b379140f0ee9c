import { type EncoderReport, encoderReportKey, REPORT_MS } from '../../hls/encoder-report.ts';
import type { WaitingFor } from '../../hls/stream-json.ts';
import type { Store } from '../../store/store.ts';

/** An encoder that reports nothing for so long is gone, in milliseconds; its source is silent as long as no frame comes. */
const SILENT_MS = 2.5 * REPORT_MS;

/**
 * Finds out what a stream that gets no new media waits for, by the reports of its encoder. It believes what it
 * sees move between two looks, so that the clocks of other hosts don't matter.
 */
export class EncoderWatch {
  readonly #store: Store;
  readonly #key: string;
  #asking = false;
  #seen: { report: EncoderReport | undefined; since: number; beatAt: number; framesAt: number } | undefined;

  constructor(store: Store, stream: string) {
    this.#store = store;
    this.#key = encoderReportKey(stream);
  }

  /** Asks the store once more; a store that is away changes nothing. `now` in milliseconds. */
  async look(now: () => number): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      this.#take((await this.#store.get(this.#key)) as EncoderReport | undefined, now());
    } catch {
      // Whether the store is away is known elsewhere.
    }
    this.#asking = false;
  }

  /** Forgets what was seen: new media came. */
  forget(): void {
    this.#seen = undefined;
  }

  /** What is waited for as far as is known by now; undefined before it has looked for long enough to tell. */
  waitingFor(now: number): WaitingFor | undefined {
    if (this.#seen === undefined) return undefined;
    const { report, since, beatAt, framesAt } = this.#seen;
    if (report === undefined || now - beatAt > SILENT_MS) return 'encoder';
    if (now - since < SILENT_MS) return undefined;
    // Frames come, and yet no media: then it is the encoder that doesn't get on.
    return now - framesAt > SILENT_MS ? 'source' : 'encoder';
  }

  #take(report: EncoderReport | undefined, now: number): void {
    const before = this.#seen;
    const same = before?.report !== undefined && before.report.id === report?.id;
    this.#seen = {
      report,
      since: before?.since ?? now,
      beatAt: same && before.report?.beat === report.beat ? before.beatAt : now,
      framesAt: same && before.report?.frames === report.frames ? before.framesAt : now,
    };
  }
}
