import { fromEpochMilliseconds, millisecondsToSeconds } from '../../src/clock.ts';
import { serverGate } from '../api/server-gate.ts';
import { showFrame, stepFrame } from './frame-seek.ts';
import { segmentsBetween } from './listed-segments.ts';
import { edgeDate, type MediaClock, timeOf } from './media-clock.ts';
import { joinPlayButton } from './play-button.ts';
import { newPlayback, type PlaybackEffect, type PlaybackEvent, playerState, reduce } from './playback.ts';
import type { Player, PlayerState, SoughtFrame } from './player-state.ts';
import { watchPresentedFrame } from './presented-frame.ts';
import { correctReload } from './reload-directives.ts';
import { joinSeekBar, useOurScale } from './seek-bar.ts';
import { readPlayerClock, see } from './seen.ts';
import { endAtEnd, goOnLoading, prepareVhs } from './vhs-repairs.ts';
import { sendThrough } from './vhs-requests.ts';
import { ptsOfFrame } from './vhs-runs.ts';
import { fillScreen, makePlayer, videojs } from './video-js.ts';

/** What the page's own clock says, and who is told of changes. */
export interface PlayerOptions {
  /** The server's time in milliseconds since the Unix epoch. */
  serverNow(): number;
  /** Called before each repaint while the page is visible, and ten times a second otherwise. */
  update(state: PlayerState): void;
  /** The viewer went somewhere: by the seek bar, by steps, or live. */
  moved(): void;
  /** The viewer wants to go live; says whether something else is loaded for that. */
  toLive(): boolean;
}

const TICK = 100;
/** So many steps may wait for their turn. */
const MOST_STEPS = 5;

/** By these the viewer goes somewhere. */
const MOVES: readonly PlaybackEvent['type'][] = ['seek', 'step', 'grab', 'live'];

/** Makes the player of the page out of a <video> element. */
export function createPlayer(
  element: HTMLVideoElement,
  { serverNow, update, toLive, moved }: PlayerOptions,
): Player {
  let state = newPlayback;
  let clock: MediaClock = [];
  let finding = new AbortController();
  let found = Promise.resolve(false);
  let stepsAhead = 0;
  let stale = false;
  let lastTick = performance.now();

  useOurScale();
  const requests = sendThrough(serverGate, videojs.xhr, (uri) =>
    correctReload(uri, playlist(), { now: Date.now(), serverNow: serverNow() }),
  );
  const player = makePlayer(element, togglePlay);
  const moveHandle = joinSeekBar(player, {
    range: () => state.range,
    seek: (time) => dispatch({ type: 'seek', time }),
    goLive,
    grab: (held) => dispatch({ type: held ? 'grab' : 'release' }),
    togglePlay,
  });
  const showButton = joinPlayButton(player, { isPaused: () => describe().paused, toggle: togglePlay });
  const playlist = () => player.tech(true).vhs?.playlists?.media();
  videojs.Vhs.xhr = requests.xhr;
  const presented = watchPresentedFrame(element);
  player.on('error', () => dispatch({ type: 'failure' }));
  player.on('waiting', () => dispatch({ type: 'stall' }));
  element.addEventListener('loadstart', () => {
    stale = false;
  });
  // Told in the middle of VHS taking the source: what it loads playlists with is there a moment later.
  player.on('xhr-hooks-ready', () => queueMicrotask(() => prepareVhs(player.tech(true).vhs)));

  /** Every event meets what is there now: the browser tells of a pause later than it pauses. */
  function dispatch(event: PlaybackEvent): void {
    look();
    take(event);
    if (MOVES.includes(event.type)) moved();
  }

  function look(): void {
    const now = fromEpochMilliseconds(serverNow());
    take({ type: 'seen', seen: see(player, { now, clock, stale, waits: requests.isWaiting() }) });
  }

  function take(event: PlaybackEvent): void {
    const { wantsPlay } = state;
    const reduced = reduce(state, event);
    state = reduced.state;
    for (const effect of reduced.effects) perform(effect);
    if (state.wantsPlay !== wantsPlay) showButton();
  }

  function perform(effect: PlaybackEffect): void {
    switch (effect.type) {
      case 'play':
        // Refused without a gesture on some devices: the play button is there.
        player
          .play()
          ?.catch(({ name }: Error) => name === 'NotAllowedError' && dispatch({ type: 'refused' }));
        return;
      case 'pause':
        player.pause();
        return;
      case 'load':
        clock = [];
        stale = true;
        player.src({ src: effect.playlist, type: 'application/vnd.apple.mpegurl' });
        return;
      case 'seek':
        player.currentTime(effect.time);
        return;
      case 'rate':
        player.tech(true).el().playbackRate = effect.rate;
        return;
      case 'find':
        finding.abort();
        finding = new AbortController();
        if (effect.frame !== undefined) found = find(effect.frame, finding.signal);
        return;
      case 'step':
        void step(effect.sign, finding.signal);
    }
  }

  async function find({ date, near }: SoughtFrame, signal: AbortSignal): Promise<boolean> {
    const expected = () => timeOf(readPlayerClock(player.tech(true)), date, near);
    const shown = await showFrame(player.tech(true).el(), { expected, ...seeking() }, signal);
    if (!signal.aborted) dispatch({ type: 'shown' });
    return shown;
  }

  /** Takes a step behind those before it; a key that is held goes as fast as frames come. */
  async function step(sign: 1 | -1, signal: AbortSignal): Promise<void> {
    if (stepsAhead >= MOST_STEPS) return;
    stepsAhead += 1;
    const before = found;
    const stepped = async () => {
      await before;
      const { paused, range } = describe();
      if (signal.aborted || !paused) return false;
      const frameTime = 1 / (state.source?.frameRate || 30);
      return stepFrame(player.tech(true).el(), { sign, frameTime, range, ...seeking() }, signal);
    };
    found = stepped();
    await found;
    stepsAhead -= 1;
  }

  /** What looking for a frame needs. */
  function seeking() {
    const fetch = () => player.tech(true).vhs?.playlistController_?.load();
    return { presented, lead: 0.2 + 1.5 * (state.source?.partTarget ?? 0), fetch };
  }

  function togglePlay(): void {
    dispatch({ type: 'toggle' });
  }

  function goLive(): void {
    if (toLive()) moved();
    else dispatch({ type: 'live' });
  }

  function describe(): PlayerState {
    look();
    return playerState(state);
  }

  function tick(): void {
    const at = performance.now();
    const elapsed = millisecondsToSeconds(at - lastTick);
    lastTick = at;
    const tech = player.tech(true);
    clock = readPlayerClock(tech);
    dispatch({ type: 'tick', elapsed });
    endAtEnd(tech.vhs, tech.el(), timeOf(clock, edgeDate(clock) ?? 0) ?? Number.POSITIVE_INFINITY);
    goOnLoading(tech.vhs, tech.el());
    paint();
  }

  function paint(): void {
    const now = describe();
    moveHandle();
    update(now);
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
    state: describe,
    load: (source, keepPlace, at) => dispatch({ type: 'load', source, keepPlace, at }),
    show(frame) {
      dispatch({ type: 'show', ...frame });
      return found;
    },
    goLive,
    rest: (resting) => dispatch({ type: 'rest', resting }),
    toggleFullScreen: () => void fillScreen(player, !player.isFullscreen()),
    leaveFullScreen: () => void fillScreen(player, false),
    togglePlay,
    seekBy(seconds) {
      const { range, time } = describe();
      dispatch({ type: 'seek', time: Math.max(range.start, Math.min(range.end, time + seconds)) });
    },
    step: (sign) => dispatch({ type: 'step', sign }),
    ptsOf: (mediaTime) => ptsOfFrame(player.tech(true).vhs?.playlistController_, mediaTime),
    segmentsAround(before, after) {
      const { time } = describe();
      const read = readPlayerClock(player.tech(true));
      return segmentsBetween(playlist(), read, { from: time - before, to: time + after });
    },
    add(element, where) {
      const bar = player.getChild('controlBar');
      if (where === 'frame') player.tech(true).el().after(element);
      else if (where === 'picture') player.el().append(element);
      else if (where === 'timeline') bar?.getChild('progressControl')?.el().append(element);
      else bar?.getChild('pictureInPictureToggle')?.el().before(element);
    },
  };
}
