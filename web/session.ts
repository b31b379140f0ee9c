import { type MarkerFeed, openMarkerFeed } from './marker-feed.ts';
import type { MarkerList } from './marker-list.ts';
import { dateAt } from './media-clock.ts';
import { type Circumstances, type PageView, pageView } from './page-state.ts';
import { createPlayer } from './player.ts';
import type { Player, PlayerState } from './player-state.ts';
import { createRecovery } from './recovery.ts';
import { circumstances, newSession, reduce, type SessionEvent, type SessionState } from './session-state.ts';
import type { StreamInfo } from './stream-info.ts';
import { type StreamsAnswer, watchStreams } from './stream-watch.ts';

/** One stream in one page: what the server tells goes to the player, and what changed is told. */
export interface Session {
  readonly player: Player;
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
  /** Before each repaint. */
  painted(state: PlayerState): void;
  /** A few times a second. */
  ticked(state: PlayerState, view: PageView): void;
}

/** How often {@link SessionListener.ticked} is called, in milliseconds. */
const TICK = 200;

/** Opens the session of the page's <video>; it lasts as long as the page. */
export function openSession(video: HTMLVideoElement, listener: SessionListener): Session {
  let state: SessionState = { ...newSession, online: navigator.onLine };
  let feed: MarkerFeed | undefined;
  let markers: MarkerList | undefined;
  /** The epoch that the player has. */
  let loaded: string | undefined;
  let lastTick = 0;

  const watch = watchStreams(
    () => state.idle || (state.feedUp && state.stream?.status === 'live'),
    (answer) => {
      if (answer === undefined) take({ type: 'no-answer' });
      else take({ type: 'answer', answer, chosen: listener.choose(answer) });
    },
  );
  const player = createPlayer(video, { serverNow: watch.serverNow, update });
  const recovery = createRecovery();
  for (const event of ['online', 'offline']) addEventListener(event, onNetwork);
  for (const event of ['pageshow', 'resume']) addEventListener(event, wake);
  document.addEventListener('resume', wake);
  document.addEventListener('visibilitychange', () => document.hidden || wake());

  function onNetwork(): void {
    take({ type: 'network', online: navigator.onLine });
    wake();
  }

  function wake(): void {
    watch.wake();
    feed?.wake();
  }

  /** Takes a piece of news, and does what follows from it. */
  function take(event: SessionEvent): void {
    const before = state;
    state = reduce(state, event);
    // A connection that was cut without a word looks open for ever: after an outage it is made anew.
    if (before.answered && !before.streamsReachable && state.streamsReachable) feed?.renew();
    if (before.feedUp && !state.feedUp) watch.wake();
    if (state.stream !== undefined && state.stream !== before.stream) onStream(state.stream);
  }

  function onStream(stream: StreamInfo): void {
    listener.described(stream);
    if (stream.status !== 'starting' && loaded !== stream.epoch) load(stream, false);
    feed ??= openMarkerFeed(stream.name, {
      markers(list, fresh) {
        markers = list;
        listener.marked(list, fresh);
      },
      stream: (described) => take({ type: 'stream', stream: described }),
      connected: (up) => take({ type: 'feed', up }),
    });
  }

  function load(stream: StreamInfo, keepPlace: boolean): void {
    loaded = stream.epoch;
    recovery.begin();
    player.load(stream, keepPlace);
  }

  function update(playback: PlayerState): void {
    listener.painted(playback);
    const at = performance.now();
    if (at - lastTick < TICK) return;
    lastTick = at;
    take({ type: 'playback', player: playback, at });
    const { stream, streamsReachable } = state;
    const isExpected = stream !== undefined && stream.status !== 'starting' && streamsReachable;
    if (stream && recovery.mustReload(playback, { isExpected, isLive: stream.status === 'live' })) {
      watch.wake();
      load(stream, true);
    }
    forget(playback);
    listener.ticked(playback, pageView(circumstances(state)));
  }

  /** Events that left the window stay for as long again, so that the table can say so, and then go. */
  function forget(playback: PlayerState): void {
    const { stream } = state;
    const start = dateAt(playback.clock, playback.range.start);
    if (start === undefined || !playback.picture || stream === undefined) return;
    feed?.forgetBefore(start - stream.window * 1e6);
  }

  return {
    player,
    stream: () => state.stream,
    markers: () => markers,
    circumstances: () => circumstances(state),
    serverNow: watch.serverNow,
  };
}
