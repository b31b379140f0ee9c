import { millisecondsToSeconds } from '../../clock.ts';
import { HlsStreamError } from '../../errors.ts';

/** How often calls without an answer are looked for, in milliseconds. */
const SWEEP = 250;

interface PendingCall {
  readonly name: string;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  /** Told when nothing more can come: an answer came, or the connection went. */
  readonly onSettled: (() => void) | undefined;
  /** The sweep at which it is given up. */
  readonly lastSweep: number;
  givenUp: boolean;
}

/**
 * The calls that wait for an answer. One timer for all of them; it counts its own ticks, so that a process
 * which was busy or stopped for seconds reads the answers that lie ready before it gives anything up.
 */
export class PendingCalls {
  readonly #calls = new Map<number, PendingCall>();
  readonly #sweeps: number;
  #sweep = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param timeout after how many milliseconds at the latest a call rejects with STORE_TIMEOUT */
  constructor(timeout: number) {
    this.#sweeps = Math.max(1, Math.floor(timeout / SWEEP));
  }

  add(id: number, name: string, onSettled?: () => void): Promise<unknown> {
    this.#timer ??= setInterval(() => this.#giveUp(), SWEEP).unref();
    return new Promise((resolve, reject) => {
      const lastSweep = this.#sweep + this.#sweeps;
      this.#calls.set(id, { name, resolve, reject, onSettled, lastSweep, givenUp: false });
    });
  }

  /** The call `id`, now answered; `undefined` if nobody waits for it any more. */
  settle(id: number): Pick<PendingCall, 'resolve' | 'reject'> | undefined {
    const call = this.#calls.get(id);
    if (call === undefined) return undefined;
    this.#calls.delete(id);
    if (this.#calls.size === 0) this.#stop();
    call.onSettled?.();
    return call;
  }

  /** Rejects every call, each with an error of its own. */
  rejectAll(toError: (name: string) => Error): void {
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    this.#stop();
    for (const call of calls) {
      call.onSettled?.();
      call.reject(toError(call.name));
    }
  }

  #giveUp(): void {
    this.#sweep += 1;
    for (const [id, call] of this.#calls) {
      // They stand in the order they were made.
      if (call.lastSweep > this.#sweep) return;
      // A call that somebody counts stays on the books until its answer comes.
      if (call.onSettled === undefined) this.#calls.delete(id);
      if (call.givenUp) continue;
      call.givenUp = true;
      const seconds = millisecondsToSeconds(this.#sweeps * SWEEP);
      const message = `the store gave no answer to ${call.name} within ${seconds} s; it may have happened all the same`;
      call.reject(new HlsStreamError('STORE_TIMEOUT', message));
    }
    if (this.#calls.size === 0) this.#stop();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
