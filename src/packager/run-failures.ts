import { HlsStreamError } from '../errors.ts';

/** After so many runs in a row that gave nothing, the encoder will not come back by itself. */
const FRUITLESS_RUNS = 5;

/** Pause before the next run after one that failed, in milliseconds, times the failures in a row. */
const RUN_PAUSE = 300;

/** When the next run may begin after some have failed. Times are milliseconds of a monotonic clock. */
export class RunFailures {
  /** No run begins before this. */
  notBefore = 0;
  #fruitless = 0;

  /** A run gave something. */
  forget(): void {
    this.#fruitless = 0;
  }

  /** @throws HlsStreamError ENCODER_FAILED when runs fail again and again */
  note(error: unknown, gaveSomething: boolean, now: number): void {
    this.#fruitless = gaveSomething ? 1 : this.#fruitless + 1;
    this.notBefore = now + RUN_PAUSE * this.#fruitless;
    if (this.#fruitless < FRUITLESS_RUNS) return;
    const reason = error instanceof Error ? error.message : String(error);
    throw new HlsStreamError(
      'ENCODER_FAILED',
      `the encoder failed ${FRUITLESS_RUNS} times in a row; ${reason}`,
      { cause: error },
    );
  }
}
