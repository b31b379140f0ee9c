import type { EpochMicroseconds } from '../../src/clock.ts';
import type { StreamInfo } from '../api/stream-info.ts';
import type { StreamsAnswer } from '../api/stream-watch.ts';
import type { PlayerState } from '../player/player-state.ts';
import type { Circumstances } from './page-state.ts';

/** What a page knows of its stream, and how each piece of news changes it. Pure: effects are the session's. */
export interface SessionState {
  /** Whether the server has ever answered. */
  readonly answered: boolean;
  /** Whether it did when last asked. */
  readonly streamsReachable: boolean;
  readonly feedUp: boolean;
  /** What the browser thinks of its network. */
  readonly online: boolean;
  /** Somebody may be looking. */
  readonly seen: boolean;
  readonly storeDown: boolean;
  /** There is nothing to play here: the viewer is still to choose. */
  readonly idle: boolean;
  /** The stream is known, or named and about to begin. */
  readonly announced: boolean;
  /** The stream as the server described it last; undefined if it knows none of that name. */
  readonly stream: StreamInfo | undefined;
  /** Why it has not begun, where that is known. */
  readonly reason: string | undefined;
  readonly player: Playback;
  /** Where playback last moved, and when, in milliseconds. */
  readonly progress: { readonly time: number; readonly at: number };
  readonly at: number;
}

/** What counts of the player's own state. */
export type Playback = Pick<PlayerState, 'picture' | 'failed' | 'following' | 'paused' | 'time' | 'date'>;

/** A piece of news. */
export type SessionEvent =
  /** The server listed its streams; `chosen` is the name of the one to play, if any. */
  | { readonly type: 'answer'; readonly answer: StreamsAnswer; readonly chosen: string | undefined }
  /** The server gave no proper answer. */
  | { readonly type: 'no-answer' }
  | { readonly type: 'stream'; readonly stream: StreamInfo }
  | { readonly type: 'feed'; readonly up: boolean }
  | { readonly type: 'network'; readonly online: boolean }
  /** Somebody looks at the page again, or nobody any more; in milliseconds. */
  | { readonly type: 'sight'; readonly seen: boolean; readonly at: number }
  /** How playback stands at a time, in milliseconds. */
  | { readonly type: 'playback'; readonly player: Playback; readonly at: number };

/** Before anything is known. */
export const newSession: SessionState = {
  answered: false,
  streamsReachable: false,
  feedUp: false,
  online: true,
  seen: true,
  storeDown: false,
  idle: false,
  announced: false,
  stream: undefined,
  reason: undefined,
  player: { picture: false, failed: false, following: true, paused: false, time: 0, date: undefined },
  progress: { time: -1, at: 0 },
  at: 0,
};

/** The state after a piece of news. */
export function reduce(state: SessionState, event: SessionEvent): SessionState {
  switch (event.type) {
    case 'answer': {
      const { answer, chosen } = event;
      const stream = answer.streams.find(({ name }) => name === chosen);
      return {
        ...state,
        answered: true,
        streamsReachable: true,
        storeDown: answer.storeDown,
        idle: chosen === undefined && answer.streams.length > 0,
        // The default stream is named before it is announced: it is about to begin.
        announced:
          stream !== undefined ||
          (chosen !== undefined && (chosen === answer.default || answer.starting.has(chosen))),
        reason: answer.starting.get(chosen ?? ''),
        stream,
      };
    }
    case 'no-answer':
      return { ...state, streamsReachable: false };
    case 'stream':
      return { ...state, stream: event.stream };
    case 'feed':
      return { ...state, feedUp: event.up };
    case 'network':
      return { ...state, online: event.online };
    case 'sight':
      return { ...state, seen: event.seen, progress: { time: -1, at: event.at } };
    case 'playback': {
      const { player, at } = event;
      const mayGo = state.seen && player.following && player.picture;
      const stands = mayGo && player.time === state.progress.time;
      return { ...state, player, at, progress: stands ? state.progress : { time: player.time, at } };
    }
  }
}

/** Playback at the live edge that has not moved for so long stands still, in milliseconds. */
const STANDS_AFTER = 2000;

/** What the page's state is decided from. */
export function circumstances(state: SessionState): Circumstances {
  const { player, stream } = state;
  return {
    // PlannedFrame off, the browser still takes an old connection for open.
    reachable: state.streamsReachable || (state.feedUp && state.online),
    answered: state.answered,
    storeDown: state.storeDown,
    status: stream?.status ?? (state.announced ? 'starting' : undefined),
    waitingFor: stream?.waitingFor,
    reason: stream === undefined ? state.reason : stream.reason,
    silentSince: silence(state),
    playerFailed: player.failed,
    picture: player.picture,
    standing: state.at - state.progress.at > STANDS_AFTER,
    place: player.following ? 'edge' : player.paused ? 'paused' : 'behind',
  };
}

/** Since when the source was silent, where what is on screen shows no pictures of it. */
function silence({ player: { date, following }, stream }: SessionState): EpochMicroseconds | undefined {
  if (stream === undefined) return undefined;
  if (following && stream.silentSince !== undefined) return stream.silentSince;
  return stream.fillers.find(({ from, to }) => date !== undefined && date >= from && date < to)?.since;
}
