import { fromEpochMilliseconds } from '../src/clock.ts';
import { addControls } from './controls.ts';
import { listenToKeys } from './keys.ts';
import { type MarkerFeed, openMarkerFeed } from './marker-feed.ts';
import { createFilterState } from './marker-filter.ts';
import type { Marker, MarkerList } from './marker-list.ts';
import { dateAt } from './media-clock.ts';
import { createPage } from './page.ts';
import { pageState } from './page-state.ts';
import { createPlayer } from './player.ts';
import type { PlayerState } from './player-state.ts';
import type { StreamInfo } from './stream-info.ts';
import { type StreamsAnswer, watchStreams } from './stream-watch.ts';
import { createTable } from './table.ts';
import { createTimelines } from './timeline/timelines.ts';

/** Wiring: what the server tells goes to the player and the views; what the viewer wants goes to the player. */

const wanted = new URLSearchParams(location.search).get('stream');
const page = createPage();
let stream: StreamInfo | undefined;
let feed: MarkerFeed | undefined;
let markers: MarkerList = [];
let answered = false;
let announced = false;
let streamsReachable = false;
let feedUp = false;
let loaded: string | undefined;
let lastSlowTick = 0;

/** A player that gave up, or hangs without progress, is started again; each time a little later. */
const HANG = 6000;
let retryAt = 0;
let retryDelay = 1000;
let progress = { time: -1, at: performance.now() };

const watch = watchStreams(() => feedUp && stream?.status === 'live', onStreams);
const player = createPlayer(page.video, { serverNow: watch.serverNow, update });
const filter = createFilterState();
const timelines = createTimelines({ player, section: page.overview, filter, pick });
const table = createTable(page.table, pick);
const controls = addControls(player, () => 1 / (stream?.frameRate || 30));
listenToKeys(player, { frameTime: () => 1 / (stream?.frameRate || 30) });
addEventListener('online', wake);
addEventListener('pageshow', wake);
document.addEventListener('visibilitychange', () => document.hidden || wake());

function wake(): void {
  watch.wake();
  feed?.wake();
}

function onStreams(answer: StreamsAnswer | undefined): void {
  streamsReachable = answer !== undefined;
  if (answer === undefined) return;
  answered = true;
  const name = wanted ?? answer.default ?? answer.streams[0]?.name;
  page.offer(
    answer.streams.map((entry) => entry.name),
    name,
  );
  const found = answer.streams.find((entry) => entry.name === name);
  // The default stream is named before it is announced: it is about to begin.
  announced = found !== undefined || name === answer.default;
  if (found !== undefined) onStream(found);
  else stream = undefined;
}

function onStream(info: StreamInfo): void {
  stream = info;
  page.describe(info);
  timelines.describe(info);
  feed ??= openMarkerFeed(info.name, {
    markers: onMarkers,
    stream: onStream,
    connected(up) {
      feedUp = up;
      if (!up) watch.wake();
    },
  });
  if (info.status !== 'starting' && loaded !== info.epoch) load(info, false);
}

function load(info: StreamInfo, keepPlace: boolean): void {
  loaded = info.epoch;
  progress = { time: -1, at: performance.now() };
  player.load(info, keepPlace);
}

function onMarkers(list: MarkerList, fresh: MarkerList): void {
  markers = list;
  table.draw(list, fresh);
  timelines.set(list);
  page.count(list.length);
  const newest = fresh.at(-1);
  if (newest !== undefined) page.announce(newest.text);
}

function pick(marker: Marker): void {
  void player.show(marker.date);
}

function update(state: PlayerState): void {
  timelines.draw(state);
  controls.draw(state);
  if (performance.now() - lastSlowTick < 200) return;
  lastSlowTick = performance.now();
  recover(state);
  const now = fromEpochMilliseconds(watch.serverNow());
  table.tick(now, state.date);
  const start = dateAt(state.clock, state.range.start);
  if (start !== undefined && state.picture) feed?.forgetBefore(start);
  page.show(
    pageState({
      reachable: streamsReachable || feedUp,
      answered,
      status: stream?.status ?? (announced ? 'starting' : undefined),
      playerFailed: state.failed,
      picture: state.picture,
    }),
    state,
  );
}

function recover(state: PlayerState): void {
  const at = performance.now();
  if (state.paused || state.time !== progress.time) {
    if (state.picture && progress.time !== -1) retryDelay = 1000;
    progress = { time: state.time, at };
  }
  if (stream === undefined || stream.status === 'starting' || !streamsReachable) return;
  const hangs = stream.status === 'live' && at - progress.at > HANG;
  if ((!state.failed && !hangs) || at < retryAt) return;
  retryAt = at + retryDelay;
  retryDelay = Math.min(retryDelay * 2, 10_000);
  watch.wake();
  load(stream, true);
}

/** For tests and the curious, read only: the player's state, the markers, and where the bar shows them. */
Object.defineProperty(window, 'hlsstream', {
  value: Object.freeze({
    state: () => player.state(),
    stream: () => stream,
    markers: () => markers,
    placeOf: (id: string) => timelines.placeOf(id),
  }),
});
