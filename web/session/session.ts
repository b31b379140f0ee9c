import { type EpochMicroseconds, fromSeconds, type Microseconds } from '../../src/clock.ts';
import type { FeedConditions } from '../api/marker-feed.ts';
import { serverGate } from '../api/server-gate.ts';
import { openSharedFeed, type SharedFeed } from '../api/shared-feed.ts';
import { readStreamInfo, type StreamInfo } from '../api/stream-info.ts';
import { type StreamsAnswer, watchStreams } from '../api/stream-watch.ts';
import { foldMarkers } from '../markers/marker-fold.ts';
import type { MarkerList } from '../markers/marker-list.ts';
import { datesOf, edgeDate } from '../player/media-clock.ts';
import { createPlayer } from '../player/player.ts';
import type { Player, PlayerState } from '../player/player-state.ts';
import { createRecovery } from '../player/recovery.ts';
import { type Circumstances, type PageView, pageView } from './page-state.ts';
import { circumstances, newSession, reduce, type SessionEvent, type SessionState } from './session-state.ts';
import { keptSource, type Place, placeOf } from './visit.ts';

/** One stream in one page: what the server tells goes to the player, and what changed is told. */
export interface Session {
  readonly player: Player;
  /** Loads what holds the moment of a date, and plays from there; says where that is, if it is anywhere. */
  visit(date: EpochMicroseconds): Place;
  /** The stream as the server described it last; undefined if it knows none of that name. */
  stream(): StreamInfo | undefined;
  /** All markers, oldest first; undefined until they have been fetched. */
  markers(): MarkerList | undefined;
  /** What the page's state is decided from. */
  circumstances(): Circumstances;
  /** The server's time in milliseconds since the Unix epoch. */
  serverNow(): number;
}

/** Who is told what. */
export interface SessionListener {
  /** Which of the streams to play, if any; asked at each answer of the server. */
  choose(answer: StreamsAnswer): string | undefined;
  /** The stream was described anew. */
  described(stream: StreamInfo): void;
  /** The markers changed; `fresh` are those that opened just now. */
  marked(markers: MarkerList, fresh: MarkerList): void;
  /** The viewer went somewhere in what is loaded, or live. */
  moved(): void;
  /** Before each repaint. */
  painted(state: PlayerState): void;
  /** A few times a second. */
  ticked(state: PlayerState, view: PageView): void;
}

/** How often {@link SessionListener.ticked} is called, in milliseconds. */
const TICK = 200;

/** So near to the end of what is loaded it is over. */
const NEAR_END: Microseconds = fromSeconds(0.25);

/** Opens the session of the page's <video>; it lasts as long as the page. */
export function openSession(video: HTMLVideoElement, listener: SessionListener): Session {
  let state: SessionState = { ...newSession, online: navigator.onLine };
  let feed: SharedFeed | undefined;
  /** The epoch that the player has. */
  let loaded: string | undefined;
  /** The moment around which it plays what is kept; undefined while it plays the live playlist. */
  let visited: EpochMicroseconds | undefined;
  let lastTick = 0;
  let unseenSince = Number.POSITIVE_INFINITY;

  const markers = foldMarkers(listener.marked);
  const watch = watchStreams(
    () => state.idle || state.feedUp,
    (answer) => {
      if (answer === undefined) take({ type: 'no-answer' });
      else take({ type: 'answer', answer, chosen: listener.choose(answer) });
    },
  );
  const player = createPlayer(video, { serverNow: watch.serverNow, update, toLive, moved: listener.moved });
  const recovery = createRecovery();
  for (const event of ['online', 'offline']) addEventListener(event, onNetwork);
  for (const event of ['visibilitychange', 'freeze', 'resume']) document.addEventListener(event, onSight);
  for (const event of ['enterpictureinpicture', 'leavepictureinpicture'])
    video.addEventListener(event, onSight);
  for (const event of ['pagehide', 'pageshow']) addEventListener(event, onSight);
  if (document.hidden) onSight();

  function onNetwork(): void {
    take({ type: 'network', online: navigator.onLine });
    watch.wake();
  }

  /** Somebody looks, or nobody any more. */
  function onSight(event?: Event): void {
    const isGone = event?.type === 'freeze' || event?.type === 'pagehide';
    const seen = !isGone && (!document.hidden || document.pictureInPictureElement !== null || !video.muted);
    if (seen === state.seen) return;
    const at = performance.now();
    if (!seen) unseenSince = at;
    take({ type: 'sight', seen, at });
    serverGate.close('unseen', !seen);
    watch.rest(!seen);
    player.rest(!seen);
    recovery.begin();
    const { stream } = state;
    if (!seen || stream === undefined || !state.player.following) return;
    // The window has gone by: nothing of what was loaded is listed any more.
    if (at - unseenSince > stream.window * 800) load(stream, true);
  }

  /** Takes a piece of news, and does what follows from it. */
  function take(event: SessionEvent): void {
    const before = state;
    state = reduce(state, event);
    feed?.update(feedConditions());
    if (before.feedUp && !state.feedUp) watch.wake();
    if (state.stream !== undefined && state.stream !== before.stream) onStream(state.stream);
  }

  function onStream(stream: StreamInfo): void {
    listener.described(stream);
    if (visited === undefined && stream.status !== 'starting' && loaded !== stream.epoch) load(stream, false);
    feed ??= openFeed(stream.name);
  }

  function openFeed(name: string): SharedFeed {
    const { href } = new URL(`streams/${encodeURIComponent(name)}/markers`, document.baseURI);
    const listener = {
      ...markers,
      stream(entry: unknown) {
        const described = readStreamInfo(entry);
        if (described !== undefined) take({ type: 'stream', stream: described });
      },
      connected: (up: boolean) => take({ type: 'feed', up }),
    };
    return openSharedFeed(href, listener, feedConditions());
  }

  function feedConditions(): FeedConditions {
    return { seen: state.seen, reachable: state.streamsReachable };
  }

  function load(stream: StreamInfo, keepPlace: boolean, at?: EpochMicroseconds): void {
    recovery.begin();
    if (visited === undefined) loaded = stream.epoch;
    player.load(visited === undefined ? stream : keptSource(stream, visited), keepPlace, at);
  }

  /** Loads what holds the moment of a date, and plays from there. */
  function visit(date: EpochMicroseconds): Place {
    const { stream } = state;
    const place = stream === undefined ? 'gone' : placeOf(stream, date);
    if (stream === undefined || place === 'gone' || place === 'ahead') return place;
    visited = place === 'kept' ? date : undefined;
    load(stream, true, date);
    return place;
  }

  function toLive(): boolean {
    const { stream } = state;
    if (visited === undefined || stream === undefined) return false;
    visited = undefined;
    load(stream, false);
    return true;
  }

  /** What is kept is played an hour at a time: where that is over the next follows. */
  function goOn({ clock, date, paused, picture, held }: PlayerState): void {
    const end = edgeDate(clock);
    if (visited === undefined || end === undefined || date === undefined || paused || held || !picture)
      return;
    if (date >= end - NEAR_END) visit(end);
  }

  function update(playback: PlayerState): void {
    listener.painted(playback);
    const at = performance.now();
    if (at - lastTick < TICK) return;
    lastTick = at;
    take({ type: 'playback', player: playback, at });
    const { seen, stream, streamsReachable } = state;
    const isExpected = stream !== undefined && stream.status !== 'starting' && streamsReachable && seen;
    if (stream && recovery.mustReload(playback, { isExpected, isLive: stream.status === 'live' })) {
      watch.wake();
      load(stream, true);
    }
    goOn(playback);
    forget(playback);
    listener.ticked(playback, pageView(circumstances(state)));
  }

  /** Events that left the window stay for as long again, so that the table can say so, and then go. */
  function forget(playback: PlayerState): void {
    const { stream } = state;
    const start = datesOf(playback.clock, { start: playback.range.start })?.start;
    if (start === undefined || !playback.picture || stream === undefined || visited !== undefined) return;
    const before = Math.min(start - fromSeconds(stream.window), stream.keptFrom?.date ?? start);
    markers.forgetBefore(before);
    feed?.forgetBefore(before);
  }

  return {
    player,
    visit,
    stream: () => state.stream,
    markers: markers.list,
    circumstances: () => circumstances(state),
    serverNow: watch.serverNow,
  };
}
