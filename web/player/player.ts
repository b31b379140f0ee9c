import type { EpochMicroseconds } from '../../src/clock.ts';
import { fromEpochMilliseconds, toSeconds } from '../../src/clock.ts';
import { serverGate } from '../api/server-gate.ts';
import { aheadOf, follow } from './follow.ts';
import { showFrame } from './frame-seek.ts';
import { latencyTarget, liveDate } from './live-edge.ts';
import { type LiveRange, liveRange } from './live-range.ts';
import { dateAt, edgeDate, type MediaClock, timeOf } from './media-clock.ts';
import { readPlayerClock } from './player-clock.ts';
import type { Player, PlayerSource, PlayerState } from './player-state.ts';
import { watchPresentedFrame } from './presented-frame.ts';
import { afterStall, type RateState, steadyRate } from './rate-controller.ts';
import { correctReload } from './reload-directives.ts';
import { useScale } from './seek-bar.ts';
import type { VhsPlaylist } from './vhs-playlist.ts';
import { endAtEnd, prepareVhs } from './vhs-repairs.ts';
import { sendThrough } from './vhs-requests.ts';
import { fillScreen, makePlayer, videojs } from './video-js.ts';

/** What the page's own clock says, and who is told of changes. */
export interface PlayerOptions {
  /** The server's time in milliseconds since the Unix epoch. */
  serverNow(): number;
  /** Called before each repaint while the page is visible, and ten times a second otherwise. */
  update(state: PlayerState): void;
}

const TICK = 100;

/** Makes the player of the page out of a <video> element. */
export function createPlayer(element: HTMLVideoElement, { serverNow, update }: PlayerOptions): Player {
  let source: PlayerSource | undefined;
  let clock: MediaClock = [];
  let range: LiveRange = { start: 0, end: 0 };
  let rate: RateState = steadyRate(1);
  let following = true;
  let wasPaused = true;
  let picture = false;
  let failed = false;
  let arriving = true;
  let resting = false;
  /** Somebody looks again, and playback has not caught up yet. */
  let returning = false;
  let resumeAt: EpochMicroseconds | undefined;
  let showing: AbortController | undefined;
  let lastTick = performance.now();

  const scale = useScale();
  const player = makePlayer(element);
  scale.join({ range: () => range, seek: seekTo, goLive });
  videojs.Vhs.xhr = sendThrough(serverGate, videojs.xhr, (uri) => correctReload(uri, playlist()));
  const seekBar = player.getChild('controlBar')?.getChild('progressControl')?.getChild('seekBar');
  const video = () => player.tech(true).el();
  const presented = watchPresentedFrame(element);
  player.on('error', () => {
    failed = true;
  });
  // Told in the middle of VHS taking the source: what it loads playlists with is there a moment later.
  player.on('xhr-hooks-ready', () => queueMicrotask(() => prepareVhs(player.tech(true).vhs)));
  player.on('waiting', () => {
    if (picture && following && !resting && !player.seeking() && !player.paused()) rate = afterStall(rate);
  });

  /**
   * After a pause playback goes on where it was: that is not live any more, unless the pause was short. Looked at before
   * anything is decided or painted: the browser's own `play` event may come later than that.
   */
  function heedPause(): void {
    const hasResumed = wasPaused && !player.paused();
    wasPaused = player.paused();
    if (!hasResumed || !picture) return;
    // After one that outlasted the window nothing may be known of where it was, or not yet what time it is by now.
    const [shown, edge] = [dateAt(clock, video().currentTime), edgeDate(clock) ?? 0];
    if (shown === undefined || toSeconds(Math.max(now(), edge) - shown) > rate.target + 3) following = false;
  }

  function playlist(): VhsPlaylist | undefined {
    return player.tech(true).vhs?.playlists?.media();
  }

  const readClock = () => readPlayerClock(player.tech(true));

  function now(): EpochMicroseconds {
    return fromEpochMilliseconds(serverNow());
  }

  function latencyNow(): number | undefined {
    const shown = dateAt(clock, video().currentTime);
    return shown === undefined ? undefined : toSeconds(now() - shown);
  }

  function isLive(): boolean {
    return following && !player.paused();
  }

  function readRange(): LiveRange {
    const first = clock[0];
    const edge = edgeDate(clock);
    if (first === undefined || edge === undefined || source === undefined) return range;
    const edgeTime = timeOf(clock, edge) ?? first.time;
    const live = playlist()?.endList ? edgeTime : timeOf(clock, now() - rate.target * 1e6);
    return liveRange({ first: first.time, edge: edgeTime, live, window: source.window });
  }

  function seekTo(time: number): void {
    showing?.abort();
    following = false;
    player.currentTime(time);
  }

  function goLive(): void {
    showing?.abort();
    following = true;
    const edge = edgeDate(clock);
    if (edge === undefined || source === undefined) return;
    const date = liveDate(source, { now: now(), edge, target: rate.target });
    const time = timeOf(clock, playlist()?.endList ? edge : date);
    const ahead = time === undefined ? 0 : time - video().currentTime;
    if (time !== undefined && Math.abs(ahead) > 0.3) player.currentTime(time);
    play();
  }

  function play(): void {
    // Refused without a gesture on some devices: the play button is there.
    player.play()?.catch(() => {});
  }

  function tick(): void {
    const at = performance.now();
    const elapsed = (at - lastTick) / 1000;
    lastTick = at;
    clock = readClock();
    heedPause();
    if (video().readyState >= 2) picture = true;
    if (resumeAt !== undefined && clock.length > 0 && picture) {
      const time = timeOf(clock, resumeAt);
      resumeAt = undefined;
      if (time !== undefined) player.currentTime(time);
    }
    hold(elapsed);
    endAtEnd(player.tech(true).vhs, video(), timeOf(clock, edgeDate(clock) ?? 0) ?? Number.POSITIVE_INFINITY);
    // VHS stops its loader at each playlist of a paused live video, also when a seek still waits for media.
    if (player.paused() && video().readyState < 2) player.tech(true).vhs?.playlistController_?.load();
    paint();
  }

  /** Holds the distance to the live edge while playback follows it. */
  function hold(elapsed: number): void {
    const { buffered, currentTime, playbackRate } = video();
    const shown = dateAt(clock, currentTime);
    const edge = edgeDate(clock);
    const list = playlist();
    if (shown === undefined || edge === undefined || source === undefined || list === undefined) return;
    const step = follow(source, rate, {
      following: isLive() && !player.seeking() && list.endList !== true,
      lowLatency: list.partTargetDuration !== undefined || returning,
      arriving: arriving && picture,
      latency: toSeconds(now() - shown),
      ahead: aheadOf(buffered, currentTime),
      elapsed,
      shown,
      edge,
    });
    rate = step.rate;
    if (picture) arriving = step.arriving;
    if (!arriving && !resting) returning = false;
    if (step.jump) goLive();
    if (playbackRate !== step.playbackRate) video().playbackRate = step.playbackRate;
  }

  function state(): PlayerState {
    const time = player.scrubbing() ? player.getCache().currentTime : video().currentTime;
    return {
      clock,
      range,
      time,
      date: picture ? dateAt(clock, time) : undefined,
      paused: player.paused(),
      following: isLive(),
      latency: picture ? latencyNow() : undefined,
      picture,
      failed,
    };
  }

  function paint(): void {
    heedPause();
    // While the viewer drags the handle the scale stands still under the finger.
    if (!player.scrubbing()) range = readRange();
    scale.moveHandle(seekBar);
    update(state());
  }

  // Keys go to the page and not to the player: its controls come back for them, too.
  addEventListener('keydown', () => player.reportUserActivity());
  setInterval(tick, TICK);
  const onFrame = () => {
    paint();
    requestAnimationFrame(onFrame);
  };
  requestAnimationFrame(onFrame);

  return {
    state,
    load(next, keepPlace) {
      showing?.abort();
      resumeAt = keepPlace && !following ? state().date : undefined;
      if (resumeAt === undefined) following = true;
      source = next;
      rate = steadyRate(latencyTarget(next));
      picture = false;
      failed = false;
      arriving = true;
      clock = [];
      player.src({ src: next.playlist, type: 'application/vnd.apple.mpegurl' });
      play();
    },
    async show(date) {
      const wasPlaying = !player.paused();
      showing?.abort();
      const mine = new AbortController();
      showing = mine;
      following = false;
      player.pause();
      const expected = () => timeOf(readClock(), date);
      const lead = 0.2 + 1.5 * (source?.partTarget ?? 0);
      const shown = await showFrame(video(), { expected, presented, lead }, mine.signal);
      if (wasPlaying && !mine.signal.aborted) play();
      return shown;
    },
    goLive,
    rest(now) {
      resting = now;
      // What was missed meanwhile is skipped as soon as what comes after it is there.
      arriving = true;
      returning = true;
    },
    toggleFullScreen: () => void fillScreen(player, !player.isFullscreen()),
    leaveFullScreen: () => void fillScreen(player, false),
    togglePlay: () => (player.paused() ? play() : player.pause()),
    seekBy: (seconds) => seekTo(Math.max(range.start, Math.min(range.end, video().currentTime + seconds))),
    add(element, where) {
      const bar = player.getChild('controlBar');
      if (where === 'picture') player.el().append(element);
      else if (where === 'timeline') bar?.getChild('progressControl')?.el().append(element);
      else bar?.getChild('pictureInPictureToggle')?.el().before(element);
    },
  };
}
