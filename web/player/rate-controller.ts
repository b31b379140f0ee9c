/**
 * Keeps playback at a steady distance from the live edge by playing a little faster or slower. Pure: the
 * state goes in, the next state comes out. All times in seconds.
 */

/** What the controller remembers between two steps. */
export interface RateState {
  /** The latency aimed for when nothing stalls. */
  readonly base: number;
  /** The latency aimed for now: `base` and what stalls have added. */
  readonly target: number;
  /** The rate to play at. */
  readonly rate: number;
}

/** What is seen at one step. */
export interface RateInput {
  /** Age of the frame now shown. */
  readonly latency: number;
  /** How much media is buffered ahead of the playhead. */
  readonly ahead: number;
  /** Time since the step before. */
  readonly elapsed: number;
}

/** Inside this band round the target playback runs at exactly 1, so that it does not hunt. */
const QUIET_BAND = 0.06;
/** Once outside, it is steered until it is as near as this: else it would rest at the band's edge. */
const REACHED = 0.015;
const SLOWEST = 0.92;
const FASTEST = 1.08;
const GAIN = 0.5;
/** Below this much buffer it never plays faster: it would run into a stall. */
const THIN_BUFFER = 0.1;
/** A stall says that the target was too bold by about this much. */
const STALL_STEP = 0.1;
const MOST_ADDED = 2;
/** How fast the addition sinks again: one step in half a minute. */
const SINK_PER_SECOND = STALL_STEP / 30;

/** A controller that aims for `base` seconds of latency. */
export function steadyRate(base: number): RateState {
  return { base, target: base, rate: 1 };
}

/** One step, every 100 ms or so while playing at the live edge. */
export function stepRate(state: RateState, { latency, ahead, elapsed }: RateInput): RateState {
  const target = Math.max(state.base, state.target - SINK_PER_SECOND * elapsed);
  const error = latency - target;
  if (Math.abs(error) <= (state.rate === 1 ? QUIET_BAND : REACHED)) return { ...state, target, rate: 1 };
  const wanted = Math.min(FASTEST, Math.max(SLOWEST, 1 + GAIN * error));
  const rate = wanted > 1 && ahead < THIN_BUFFER ? 1 : wanted;
  return { ...state, target, rate: Math.round(rate * 1000) / 1000 };
}

/** After a stall: a little more distance. */
export function afterStall(state: RateState): RateState {
  return { ...state, target: Math.min(state.base + MOST_ADDED, state.target + STALL_STEP), rate: 1 };
}
