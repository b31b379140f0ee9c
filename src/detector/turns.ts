import { type Milliseconds, millisecondsToSeconds, within } from '../clock.ts';
import { HlsStreamError } from '../errors.ts';
import { inPlaceOf, type Picture } from '../frames/picture.ts';
import type { Answer, Detector } from './detector.ts';

/** What shows a detector its pictures. */
export interface TurnsOptions {
  readonly detector: Pick<Detector, 'look'>;
  /** How the detector is called in messages. */
  readonly name: string;
  /** An answer that was promised comes within this. @default however long it takes */
  readonly timeout?: Milliseconds | undefined;
  /** Takes the answer for a picture. */
  take(picture: Picture, answer: Answer): void;
  /** A promised answer failed, or did not come: no other picture is shown. */
  failed(error: unknown): void;
}

/**
 * Shows a detector one picture after the other. While an answer is promised, the newest picture waits in the place of all
 * before it, so what is said is never older than two answers take, however slow the detector is.
 */
export class Turns {
  readonly #options: TurnsOptions;
  /** Pictures that were left out for a newer one. */
  skipped = 0;
  #waiting: Picture | undefined;
  #busy: Promise<void> | undefined;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /** Shows the picture now or as the next one. Throws what `look` throws. */
  show(picture: Picture): void {
    if (this.#busy === undefined) {
      this.#look(picture);
      return;
    }
    if (this.#waiting !== undefined) this.skipped += 1;
    this.#waiting = this.#waiting === undefined ? picture : inPlaceOf(this.#waiting, picture, 1);
  }

  /** Resolves when no picture is looked at and none waits; undefined if that is so. */
  get busy(): Promise<void> | undefined {
    return this.#busy;
  }

  #look(picture: Picture): void {
    const { detector, take } = this.#options;
    const answer = detector.look(picture);
    if ('then' in answer) this.#busy = this.#follow(picture, answer);
    else take(picture, answer);
  }

  async #follow(first: Picture, promised: Promise<Answer>): Promise<void> {
    const { detector, take, failed } = this.#options;
    try {
      let [picture, answer]: [Picture, Answer | Promise<Answer>] = [first, promised];
      for (;;) {
        take(picture, await this.#inTime(answer));
        if (this.#waiting === undefined) break;
        picture = this.#waiting;
        this.#waiting = undefined;
        answer = detector.look(picture);
      }
      this.#busy = undefined;
    } catch (error) {
      failed(error);
    }
  }

  async #inTime(promised: Answer | Promise<Answer>): Promise<Answer> {
    const { name, timeout } = this.#options;
    const answer = await within(Promise.resolve(promised), timeout);
    if (answer !== 'late') return answer;
    throw new HlsStreamError(
      'DETECTOR_FAILED',
      `the detector ${name} has not answered within ${millisecondsToSeconds(timeout ?? 0)} s (--detector-timeout)`,
    );
  }
}
