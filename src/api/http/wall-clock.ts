import type { Milliseconds } from '../../clock.ts';

/** The time of day, how time passes, and a repeating timer, so that tests can move time by hand. */
export interface WallClock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Milliseconds on a clock that nobody sets, for how long something takes. */
  passed(): Milliseconds;
  /** Calls `action` every so many milliseconds until the returned function is called. */
  every(milliseconds: number, action: () => void): () => void;
}

/** The machine's own clock; its timers do not keep a process alive. */
export const systemClock: WallClock = {
  now: () => Date.now(),
  passed: () => performance.now(),
  every(milliseconds, action) {
    const timer = setInterval(action, milliseconds);
    timer.unref();
    return () => clearInterval(timer);
  },
};
