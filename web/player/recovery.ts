import type { PlayerState } from './player-state.ts';

/**
 * Decides when a player that gave up, or hangs without progress, is started again: each time a little later. One whose
 * requests wait for a server that is away, or does not give what it is asked for, goes on by itself when they are sent.
 */
export interface Recovery {
  /** The source was loaded now. */
  begin(): void;
  /**
   * Whether to load again, seen a few times a second. `isExpected`: the server is there and has media;
   * `isLive`: new media comes all the time, so standing still is a fault.
   */
  mustReload(state: PlayerState, now: { isExpected: boolean; isLive: boolean }): boolean;
}

/** How long playback may stand still, and the waits between two tries, in milliseconds. */
const HANG = 6000;
const FIRST_DELAY = 1000;
const LONGEST_DELAY = 10_000;

/** Makes one; `clock` gives milliseconds that only go forward. */
export function createRecovery(clock: () => number = () => performance.now()): Recovery {
  let retryAt = 0;
  let delay = FIRST_DELAY;
  let progress = { time: -1, at: clock() };
  return {
    begin() {
      progress = { time: -1, at: clock() };
    },
    mustReload(state, { isExpected, isLive }) {
      const at = clock();
      if (state.paused || state.held || state.waits || state.time !== progress.time) {
        if (state.picture && progress.time !== -1) delay = FIRST_DELAY;
        progress = { time: state.time, at };
      }
      const hangs = isLive && at - progress.at > HANG;
      if (!isExpected || (!state.failed && !hangs) || at < retryAt) return false;
      retryAt = at + delay;
      delay = Math.min(delay * 2, LONGEST_DELAY);
      return true;
    },
  };
}
