import type { EpochMicroseconds } from '../../src/clock.ts';
import { fromSeconds } from '../../src/clock.ts';
import { clockText, durationText } from '../dom/clock-text.ts';
import type { Player, PlayerState } from './player-state.ts';

/** So far into the window playback goes on: its oldest segments are about to leave. */
const INSIDE = fromSeconds(5);

/**
 * Lets playback go on near the oldest frame there is when a pause outlasted the window, and says where that is.
 * Returns what takes each state of the player.
 */
export function createResume(
  player: Player,
  showMessage: (text: string) => void,
): (state: PlayerState) => void {
  /** Date of the frame that playback stood at, until it is known whether it went on there. */
  let stood: EpochMicroseconds | undefined;
  return ({ clock, date, paused, following }) => {
    if (paused) {
      // Nothing of what is listed now may have a place on the player's timeline: then the date is not known any more.
      stood = date ?? stood;
      return;
    }
    const [oldest] = clock;
    if (stood === undefined || date === undefined || oldest === undefined) return;
    const before = stood;
    stood = undefined;
    if (before >= oldest.date || following) return;
    const from = oldest.date + INSIDE;
    void player.show({ date: from });
    const skipped = durationText(from - before);
    showMessage(
      `The pause was longer than what is kept. Playback goes on at ${clockText(from)}, ${skipped} later.`,
    );
  };
}
