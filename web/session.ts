import { type MarkerFeed, openMarkerFeed } from './marker-feed.ts';
import type { MarkerList } from './marker-list.ts';
import { dateAt } from './media-clock.ts';
import { type PageState, pageState } from './page-state.ts';
import { createPlayer } from './player.ts';
import type { Player, PlayerState } from './player-state.ts';
import { createRecovery } from './recovery.ts';
import type { StreamInfo } from './stream-info.ts';
import { type StreamsAnswer, watchStreams } from './stream-watch.ts';

/** One stream in one page: what the server tells goes to the player, and what changed is told. */
export interface Session {
  readonly player: Player;
  /** The stream as the server described it last; undefined if it knows none of that name. */
  stream(): StreamInfo | undefined;
  /** All markers, oldest first; undefined until they have been fetched. */
  markers(): MarkerList | undefined;
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
  ticked(state: PlayerState, page: PageState): void;
}

/** How often {@link SessionListener.ticked} is called, in milliseconds. */
const TICK = 200;

/** Opens the session of the page's <video>; it lasts as long as the page. */
export function openSession(video: HTMLVideoElement, listener: SessionListener): Session {
  let stream: StreamInfo | undefined;
  let feed: MarkerFeed | undefined;
  let markers: MarkerList | undefined;
  let answered = false;
  let announced = false;
  let streamsReachable = false;
  let feedUp = false;
  let loaded: string | undefined;
  /** There is nothing to play here: the viewer is still to choose. */
  let idle = false;
  let lastTick = 0;

  const watch = watchStreams(() => idle || (feedUp && stream?.status === 'live'), onStreams);
  const player = createPlayer(video, { serverNow: watch.serverNow, update });
  const recovery = createRecovery();
  for (const event of ['online', 'offline', 'pageshow', 'resume']) addEventListener(event, wake);
  document.addEventListener('resume', wake);
  document.addEventListener('visibilitychange', () => document.hidden || wake());

  function wake(): void {
    watch.wake();
    feed?.wake();
  }

  function onStreams(answer: StreamsAnswer | undefined): void {
    const wasReachable = streamsReachable;
    streamsReachable = answer !== undefined;
    if (answer === undefined) return;
    // A connection that was cut without a word looks open for ever: after an outage it is made anew.
    if (answered && !wasReachable) feed?.renew();
    answered = true;
    const name = listener.choose(answer);
    idle = name === undefined && answer.streams.length > 0;
    const found = answer.streams.find((entry) => entry.name === name);
    // The default stream is named before it is announced: it is about to begin.
    announced = found !== undefined || (name !== undefined && name === answer.default);
    if (found !== undefined) onStream(found);
    else stream = undefined;
  }

  function onStream(info: StreamInfo): void {
    stream = info;
    listener.described(info);
    if (info.status !== 'starting' && loaded !== info.epoch) load(info, false);
    feed ??= openMarkerFeed(info.name, {
      markers(list, fresh) {
        markers = list;
        listener.marked(list, fresh);
      },
      stream: onStream,
      connected(up) {
        feedUp = up;
        if (!up) watch.wake();
      },
    });
  }

  function load(info: StreamInfo, keepPlace: boolean): void {
    loaded = info.epoch;
    recovery.begin();
    player.load(info, keepPlace);
  }

  function update(state: PlayerState): void {
    listener.painted(state);
    if (performance.now() - lastTick < TICK) return;
    lastTick = performance.now();
    const isExpected = stream !== undefined && stream.status !== 'starting' && streamsReachable;
    if (stream && recovery.mustReload(state, { isExpected, isLive: stream.status === 'live' })) {
      watch.wake();
      load(stream, true);
    }
    forget(state);
    const page = pageState({
      // Cut off, the browser still takes an old connection for open.
      reachable: streamsReachable || (feedUp && navigator.onLine),
      answered,
      status: stream?.status ?? (announced ? 'starting' : undefined),
      playerFailed: state.failed,
      picture: state.picture,
    });
    listener.ticked(state, page);
  }

  /** Events that left the window stay for as long again, so that the table can say so, and then go. */
  function forget(state: PlayerState): void {
    const start = dateAt(state.clock, state.range.start);
    if (start === undefined || !state.picture || stream === undefined) return;
    feed?.forgetBefore(start - stream.window * 1e6);
  }

  return { player, stream: () => stream, markers: () => markers, serverNow: watch.serverNow };
}
