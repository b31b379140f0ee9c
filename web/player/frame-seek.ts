import { aheadOf } from './follow.ts';

/**
 * Shows one exact frame of a paused video. At `seeked` the picture may still be the old one, so what counts
 * is the frame that the browser says it has presented (requestVideoFrameCallback).
 */

/** Frames are told apart by their time, in seconds; program dates are exact to a millisecond. */
const TOLERANCE = 0.0015;
/** Into the frame, so that neither rounding of dates nor of seeks shows the one before. */
const MARGIN = 0.002;
/** Just before a frame, when the one before it is wanted. */
const EDGE = 0.0003;
/** A frame further away than this is not the next one but one from before the seek. */
const NEIGHBOUR = 0.02;
/**
 * How long the presented frame may come after `seeked` before it is asked for differently: so many milliseconds, and as
 * many repaints as fit in there at 60 a second, for a browser that has no time to paint presents no frame either.
 */
const SETTLE = 400;
const REPAINT = 1000 / 60;
const ATTEMPTS = 5;
/** A frame that lasts longer than most is left by longer and longer steps, up to seventeen frames. */
const STEP_ATTEMPTS = 8;
const STEP_GROWTH = 1.5;
const STEP_SETTLE = 150;
/** Media that has to be fetched first may take this long. */
const TIMEOUT = 12_000;

/** How often to look whether media has arrived, and how long to wait for it, in milliseconds. */
const LOOK = 40;
const COVER_TIMEOUT = 4000;

/** Which frame is wanted; times in seconds of player time. */
export interface WantedFrame {
  /** Where it begins; asked anew after each try, as the player may know better then. Undefined gives up. */
  readonly expected: () => number | undefined;
  /** Where the frame begins that the browser presented last. */
  readonly presented: () => number | undefined;
  /** How much earlier to begin when the media has to be fetched first. */
  readonly lead: number;
  /** Has the player fetch on: of what is paused it may have enough. */
  readonly fetch: () => void;
}

/**
 * Seeks until the frame that is wanted is on screen.
 * @returns whether it is; false also when `signal` is aborted
 */
export async function showFrame(
  video: HTMLVideoElement,
  { expected, presented, lead, fetch }: WantedFrame,
  signal: AbortSignal,
): Promise<boolean> {
  let nudge = 0;
  let before: number | undefined;
  await cover(video, { time: expected() ?? 0, lead, fetch }, signal);
  for (let attempt = 0; attempt < ATTEMPTS && !signal.aborted; attempt += 1) {
    const aim = expected();
    if (aim === undefined) return false;
    const isRight = (frame: number) => Math.abs(frame - (expected() ?? aim)) <= TOLERANCE;
    // A slow machine is given longer each time.
    const settle = SETTLE * (attempt + 1);
    const shown = await present(video, { time: aim + MARGIN + nudge, isRight, settle }, signal);
    if (shown === 'given up') return false;
    // Nothing new came: the frame is the one that was there already, or this machine is slow.
    const frame = shown === 'unchanged' ? (presented() ?? aim) : shown;
    // One that began earlier and comes again is on screen at that time: none begins there.
    if (isRight(frame) || (frame === before && frame < aim - NEIGHBOUR)) return true;
    before = frame;
    if (shown === 'unchanged') {
      // A seek to the very same time would be none.
      nudge = nudge === 0 ? MARGIN / 2 : 0;
      continue;
    }
    const exact = expected() ?? aim;
    const stood = Math.abs(exact - aim) <= TOLERANCE;
    // The clock stands and yet another frame came: aim just before where that one begins, or a little later.
    const off = stood ? shown - exact : 0;
    if (off > 0 && off < NEIGHBOUR) nudge = off - EDGE - MARGIN;
    else nudge = off < 0 && -off < NEIGHBOUR ? nudge + MARGIN : 0;
  }
  return false;
}

/** Which way to step, and from where; times in seconds of player time. */
export interface FrameStep extends Omit<WantedFrame, 'expected'> {
  readonly sign: 1 | -1;
  /** How long a frame usually lasts. */
  readonly frameTime: number;
  /** Where playback may stand. */
  readonly range: { readonly start: number; readonly end: number };
}

/**
 * Seeks until the next frame of a paused video, or the one before, is on screen, however long each lasts.
 * @returns whether it is; false also where there is none, and when `signal` is aborted
 */
export async function stepFrame(
  video: HTMLVideoElement,
  { sign, presented, lead, fetch, frameTime, range }: FrameStep,
  signal: AbortSignal,
): Promise<boolean> {
  const from = presented() ?? video.currentTime;
  const isBeyond = (frame: number) => (frame - from) * sign > TOLERANCE;
  // One from where the media was fetched from says nothing yet: a later one is on its way.
  const isRight = (frame: number) => isBeyond(frame) && Math.abs(frame - from) < lead / 2;
  for (let attempt = 0; attempt < STEP_ATTEMPTS && !signal.aborted; attempt += 1) {
    // The frame before ends where this one begins; where the next one begins can only be guessed.
    const further = frameTime * STEP_GROWTH ** attempt;
    const time = sign > 0 ? from + further + MARGIN : from - MARGIN - (attempt && further);
    if (time < range.start || time > range.end) break;
    const fetched = await cover(video, { time, lead, fetch }, signal);
    const settle = (fetched ? SETTLE : STEP_SETTLE) * (attempt + 1);
    const shown = await present(video, { time, isRight, settle }, signal);
    if (shown === 'given up') return false;
    const frame = shown === 'unchanged' ? (presented() ?? from) : shown;
    if (!isBeyond(frame)) continue;
    // Where the frame begins, that the clock tells its time.
    video.currentTime = frame + MARGIN;
    return true;
  }
  if (!signal.aborted) video.currentTime = from + MARGIN;
  return false;
}

/**
 * Has the media at `time` fetched. VHS may begin one Partial Segment too late, and then jumps past what it
 * lacks: so it is sent a little further back, and asked for the frame itself once that is there.
 * @returns whether it had to be
 */
async function cover(
  video: HTMLVideoElement,
  { time, lead, fetch }: { time: number; lead: number; fetch(): void },
  signal: AbortSignal,
): Promise<boolean> {
  if (aheadOf(video.buffered, time) > 0) return false;
  video.currentTime = Math.max(0, time - lead);
  for (let waited = 0; waited < COVER_TIMEOUT && !signal.aborted; waited += LOOK) {
    fetch();
    await new Promise((resolve) => setTimeout(resolve, LOOK));
    if (aheadOf(video.buffered, time) > 0 && !video.seeking) break;
  }
  return true;
}

/** Seeks to `time` and gives the media time of the frame then presented, if one was. */
function present(
  video: HTMLVideoElement,
  { time, isRight, settle: longest }: { time: number; isRight: (frame: number) => boolean; settle: number },
  signal: AbortSignal,
): Promise<number | 'unchanged' | 'given up'> {
  return new Promise((resolve) => {
    let frame: number | undefined;
    let seeked = false;
    let stopSettling = () => {};
    let request = 0;
    const timeout = setTimeout(() => finish('given up'), TIMEOUT);
    const begun = performance.now();
    const onFrame: VideoFrameRequestCallback = (_now, { mediaTime, presentationTime }) => {
      // One from before the seek says nothing, even if it is the one: a later one may be on screen by now.
      if (presentationTime >= begun) frame = mediaTime;
      if (frame === mediaTime && seeked && isRight(mediaTime)) finish(frame);
      else request = video.requestVideoFrameCallback(onFrame);
    };
    const onSeeked = () => {
      // That was the word of the seek before.
      if (video.seeking) return;
      seeked = true;
      stopSettling();
      // The picture may have come first.
      if (frame !== undefined && isRight(frame)) finish(frame);
      else stopSettling = afterRepaints(longest, () => finish(frame ?? 'unchanged'));
    };
    const onAbort = () => finish('given up');
    function finish(result: number | 'unchanged' | 'given up'): void {
      clearTimeout(timeout);
      stopSettling();
      video.cancelVideoFrameCallback(request);
      video.removeEventListener('seeked', onSeeked);
      signal.removeEventListener('abort', onAbort);
      resolve(result);
    }
    signal.addEventListener('abort', onAbort);
    video.addEventListener('seeked', onSeeked);
    request = video.requestVideoFrameCallback(onFrame);
    video.currentTime = time;
  });
}

/**
 * Calls `done` once `milliseconds` have passed and the page was repainted as often as it is in that time; gives a way
 * to call it off.
 */
function afterRepaints(milliseconds: number, done: () => void): () => void {
  const from = performance.now();
  let left = Math.ceil(milliseconds / REPAINT);
  let request = requestAnimationFrame(function look() {
    left -= 1;
    if (left <= 0 && performance.now() - from >= milliseconds) done();
    else request = requestAnimationFrame(look);
  });
  return () => cancelAnimationFrame(request);
}
