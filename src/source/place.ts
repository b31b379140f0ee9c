import type { Microseconds } from '../clock.ts';
import type { InputTimes, TimedArrival } from './input-times.ts';
import type { Arrival } from './reading.ts';

/** How far an input was read, so that one that breaks off is taken up where it was: each picture comes out once. */
export class Place {
  /** Pictures that came out since the input's beginning. */
  #pictures = 0;
  #pts: Microseconds | undefined;
  /** The input's clock has jumped, so a PTS may be there twice. */
  #jumped = false;
  #resume: { readonly pictures: number; readonly pts: Microseconds | undefined } | undefined;

  /** PTS of the last picture, in microseconds, where the input's clock leads back to it; else pictures are counted. */
  get pts(): Microseconds | undefined {
    return this.#pts;
  }

  /** Pictures that came out since the input's beginning. */
  get pictures(): number {
    return this.#pictures;
  }

  /** Where to seek to at the next opening, in microseconds of the input's clock. */
  get seek(): Microseconds | undefined {
    return this.#resume?.pts;
  }

  /** Pictures before those of this opening. */
  get before(): number {
    return this.#resume?.pictures ?? 0;
  }

  /** A picture comes out. */
  passed({ pts, jumped }: TimedArrival, from: InputTimes['from']): void {
    this.#pictures += 1;
    this.#jumped ||= jumped;
    this.#pts = from === 'input' && !this.#jumped ? pts : undefined;
  }

  /** The input broke off here: the next opening goes on from this place. */
  resume(): void {
    this.#resume = { pictures: this.#pictures, pts: this.#pts };
  }

  /** The input is read from its beginning. */
  restart(): void {
    this.#pictures = 0;
    this.#pts = undefined;
    this.#jumped = false;
    this.#resume = undefined;
  }

  /** Whether a picture came out before the input broke off; `read` counts those of this opening, from 1. */
  wasShown({ pts }: Arrival, read: number): boolean {
    if (this.#resume === undefined) return false;
    if (this.#resume.pts === undefined) return read <= this.#resume.pictures;
    return pts !== undefined && pts <= this.#resume.pts;
  }
}
