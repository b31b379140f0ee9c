import type { EpochMicroseconds } from '../../src/clock.ts';
import type { Lane } from './lanes.ts';
import { type MediaShape, noMedia } from './timeline-segments.ts';
import type { DateRange } from './view.ts';

/** What the overview shows; told before each repaint. */
export interface OverviewState {
  readonly lanes: readonly Lane[];
  readonly media: MediaShape;
  /** What the player has loaded. */
  readonly loaded: DateRange;
  /** All there is: from the oldest frame that is kept to the live one. */
  readonly whole: DateRange;
  /** Date of the frame on screen; undefined before the first. */
  readonly date: EpochMicroseconds | undefined;
}

const nothing = { start: 0, end: 0 };
/** Before there is anything. */
export const nothingToSee: OverviewState = {
  lanes: [],
  media: noMedia,
  loaded: nothing,
  whole: nothing,
  date: undefined,
};
