import { type EpochMicroseconds, fromSeconds, toSeconds } from '../../src/clock.ts';
import { follow } from './follow.ts';
import { latencyTarget, liveDate } from './live-edge.ts';
import { type LiveRange, liveRange } from './live-range.ts';
import { dateAt, edgeDate, timeOf } from './media-clock.ts';
import type { Loading, PlayerSource, PlayerState, SoughtFrame } from './player-state.ts';
import { afterStall, type RateState, steadyRate } from './rate-controller.ts';
import { nothingSeen, type Seen } from './seen.ts';

/** How playback stands and what the viewer wants of it, and how each event changes that. Pure: player.ts does the rest. */

/** How playback stands. */
export interface Playback {
  readonly source: PlayerSource | undefined;
  readonly seen: Seen;
  /** The viewer wants it to play, or has not said otherwise; whether it does may be another matter. */
  readonly wantsPlay: boolean;
  /** What the element was seen or told to do last. */
  readonly paused: boolean;
  readonly following: boolean;
  /** The frame that is being looked for, for which playback stands. */
  readonly sought: EpochMicroseconds | undefined;
  /** The viewer has hold of the handle, for which playback stands, too. */
  readonly grabbed: boolean;
  /** Where to go on once there is a picture. */
  readonly resumeAt: EpochMicroseconds | undefined;
  readonly picture: boolean;
  readonly failed: boolean;
  readonly arriving: boolean;
  readonly resting: boolean;
  /** Somebody looks again, and playback has not caught up yet. */
  readonly returning: boolean;
  readonly range: LiveRange;
  readonly rate: RateState;
}

/** What happens: the viewer wants something, or something is seen. */
export type PlaybackEvent =
  /** Before each repaint, and before anything else is decided. */
  | { readonly type: 'seen'; readonly seen: Seen }
  /** Ten times a second, after it was seen. */
  | { readonly type: 'tick'; readonly elapsed: number }
  | ({ readonly type: 'load' } & Loading)
  | ({ readonly type: 'show' } & SoughtFrame)
  /** The frame that was sought is on screen, or cannot be. */
  | { readonly type: 'shown' }
  | { readonly type: 'seek'; readonly time: number }
  | { readonly type: 'step'; readonly sign: 1 | -1 }
  | { readonly type: 'live' | 'toggle' | 'grab' | 'release' }
  | { readonly type: 'rest'; readonly resting: boolean }
  /** The browser refused to play without a gesture; playback ran dry; the player gave up. */
  | { readonly type: 'refused' | 'stall' | 'failure' };

/** What is to be done. */
export type PlaybackEffect =
  | { readonly type: 'play' | 'pause' }
  | { readonly type: 'load'; readonly playlist: string }
  | { readonly type: 'seek'; readonly time: number }
  | { readonly type: 'rate'; readonly rate: number }
  | { readonly type: 'step'; readonly sign: 1 | -1 }
  /** Look for this frame, or for none any more. */
  | { readonly type: 'find'; readonly frame: SoughtFrame | undefined };

/** The state after an event, and what is to be done about it, in this order. */
export interface Reduced {
  readonly state: Playback;
  readonly effects: readonly PlaybackEffect[];
}

/** Before anything is loaded. */
export const newPlayback: Playback = {
  ...{ source: undefined, seen: nothingSeen, wantsPlay: true, paused: true, following: true },
  ...{ sought: undefined, grabbed: false, resumeAt: undefined, picture: false, failed: false },
  ...{ arriving: true, resting: false, returning: false, range: { start: 0, end: 0 }, rate: steadyRate(1) },
};

/** Takes an event. Whether the element plays follows from the state: nobody else asks it to. */
export function reduce(before: Playback, event: PlaybackEvent): Reduced {
  const { state, effects } = take(before, event);
  const paused = !state.wantsPlay || isHeld(state);
  // Before there is a picture loading decides: the element pauses by itself, and plays by itself.
  if (!state.picture || paused === state.paused) return { state, effects };
  const settled = { ...state, paused };
  return {
    state: settled,
    effects: paused ? [{ type: 'pause' }, ...effects] : [...effects, { type: 'play' }],
  };
}

function take(state: Playback, event: PlaybackEvent): Reduced {
  switch (event.type) {
    case 'seen':
      return to(look(state, event.seen));
    case 'tick':
      return tick(state, event.elapsed);
    case 'load':
      return load(state, event);
    case 'show': {
      const { date, near } = event;
      return to({ ...state, following: false, sought: date }, { type: 'find', frame: { date, near } });
    }
    case 'shown':
      return to({ ...state, sought: undefined });
    case 'seek':
      return to({ ...state, following: false, sought: undefined }, FIND_NONE, event);
    case 'step':
      return to({ ...state, wantsPlay: false, following: false }, event);
    case 'live':
      return goLive(state);
    case 'toggle': {
      const free = { ...state, grabbed: false };
      return to(state.wantsPlay ? { ...free, wantsPlay: false } : resumed(free));
    }
    case 'grab':
    case 'release':
      return to({ ...state, grabbed: event.type === 'grab' });
    case 'rest':
      // What was missed meanwhile is skipped as soon as what comes after it is there.
      return to({ ...state, resting: event.resting, arriving: true, returning: true });
    case 'refused':
      return to({ ...state, wantsPlay: false });
    case 'stall': {
      const counts = state.picture && isLive(state) && !state.resting && !state.seen.seeking;
      return to(counts ? { ...state, rate: afterStall(state.rate) } : state);
    }
    case 'failure':
      return to({ ...state, failed: true });
  }
}

const FIND_NONE: PlaybackEffect = { type: 'find', frame: undefined };

function to(state: Playback, ...effects: PlaybackEffect[]): Reduced {
  return { state, effects };
}

function isHeld({ sought, grabbed }: Playback): boolean {
  return sought !== undefined || grabbed;
}

/** Who wanted a pause before there was a picture has it only with the picture: nothing jumps to live for them meanwhile. */
function isLive({ following, wantsPlay, paused }: Playback): boolean {
  return following && wantsPlay && !paused;
}

/** Whoever else paused the element or let it play, by a key of the system or in a window of its own, is the viewer. */
function look(before: Playback, seen: Seen): Playback {
  const state = { ...before, seen, paused: seen.paused, range: rangeOf(before, seen) };
  if (!before.picture || seen.paused === before.paused) return state;
  return seen.paused ? { ...state, wantsPlay: false } : resumed(state);
}

/**
 * After a pause playback goes on where it was: that is not live any more, unless the pause was short. After one that
 * outlasted the window nothing may be known of where it was, or not yet what time it is by now.
 */
function resumed(state: Playback): Playback {
  const { seen, picture, following, rate } = state;
  const shown = dateAt(seen.clock, seen.time);
  const newest = Math.max(seen.now, edgeDate(seen.clock) ?? 0);
  const isBehind = picture && (shown === undefined || toSeconds(newest - shown) > rate.target + 3);
  return { ...state, wantsPlay: true, following: following && !isBehind };
}

function rangeOf({ source, rate, range }: Playback, { clock, list, now, scrubbing }: Seen): LiveRange {
  const [first] = clock;
  const edge = edgeDate(clock);
  // While the viewer drags the handle the scale stands still under the finger.
  if (scrubbing || first === undefined || edge === undefined || source === undefined) return range;
  const edgeTime = timeOf(clock, edge) ?? first.time;
  const live = list?.endList ? edgeTime : timeOf(clock, now - fromSeconds(rate.target));
  return liveRange({ first: first.time, edge: edgeTime, live, window: source.window });
}

function load(state: Playback, { source, keepPlace, at }: Extract<PlaybackEvent, { type: 'load' }>): Reduced {
  // A stream that begins anew begins with playing; the same one goes on as the viewer wants it.
  const wantsPlay = !keepPlace || state.wantsPlay;
  const looksBack = keepPlace && (!state.following || !wantsPlay);
  // What is not on screen yet is where the viewer is all the same.
  const resumeAt =
    at ?? (looksBack ? (state.sought ?? state.resumeAt ?? playerState(state).date) : undefined);
  return {
    state: {
      ...{ ...state, source, wantsPlay, resumeAt, following: resumeAt === undefined, sought: undefined },
      ...{ picture: false, failed: false, arriving: true, rate: steadyRate(latencyTarget(source)) },
      ...{ grabbed: false, seen: { ...state.seen, clock: [] } },
    },
    effects: [
      ...[FIND_NONE, { type: 'load', playlist: source.playlist } as const],
      ...(wantsPlay ? [{ type: 'play' } as const] : []),
    ],
  };
}

function goLive(before: Playback): Reduced {
  const { seen, source, rate } = before;
  const state = { ...before, following: true, wantsPlay: true, sought: undefined };
  const edge = edgeDate(seen.clock);
  if (edge === undefined || source === undefined) return to(state, FIND_NONE);
  const date = liveDate(source, { now: seen.now, edge, target: rate.target });
  const time = timeOf(seen.clock, seen.list?.endList ? edge : date);
  if (time === undefined || Math.abs(time - seen.time) <= 0.3) return to(state, FIND_NONE);
  return to(state, FIND_NONE, { type: 'seek', time });
}

function tick(before: Playback, elapsed: number): Reduced {
  const { seen, resumeAt } = before;
  const state = { ...before, picture: before.picture || seen.hasFrame };
  if (resumeAt === undefined || seen.clock.length === 0 || !state.picture) return hold(state, elapsed);
  const time = timeOf(seen.clock, resumeAt);
  const { state: next, effects } = hold({ ...state, resumeAt: undefined }, elapsed);
  return { state: next, effects: time === undefined ? effects : [{ type: 'seek', time }, ...effects] };
}

/** Holds the distance to the live edge while playback follows it. */
function hold(state: Playback, elapsed: number): Reduced {
  const { seen, source, picture, resting } = state;
  const { clock, list, ahead, now } = seen;
  const shown = dateAt(clock, seen.time);
  const edge = edgeDate(clock);
  if (shown === undefined || edge === undefined || source === undefined || list === undefined)
    return to(state);
  const step = follow(source, state.rate, {
    following: isLive(state) && !seen.seeking && !list.endList,
    lowLatency: list.parts || state.returning,
    arriving: state.arriving && picture,
    latency: toSeconds(now - shown),
    ...{ ahead, elapsed, shown, edge },
  });
  const arriving = picture ? step.arriving : state.arriving;
  const returning = state.returning && (arriving || resting);
  const next = { ...state, rate: step.rate, arriving, returning };
  const live = step.jump ? goLive(next) : to(next);
  if (seen.playbackRate === step.playbackRate) return live;
  return to(live.state, ...live.effects, { type: 'rate', rate: step.playbackRate });
}

/** What others are told of it. */
export function playerState(state: Playback): PlayerState {
  const { seen, picture, range, failed, wantsPlay, sought } = state;
  const { clock, time, waits } = seen;
  const date = picture ? dateAt(clock, time) : undefined;
  return {
    ...{ clock, range, time, date, picture, failed, sought, waits },
    paused: !wantsPlay,
    held: isHeld(state),
    following: isLive(state),
    latency: date === undefined ? undefined : toSeconds(seen.now - date),
  };
}
