import type { EpochMicroseconds, Microseconds } from '../../src/clock.ts';
import type { PlaylistParameters } from './live-edge.ts';
import type { LiveRange } from './live-range.ts';
import type { MediaClock } from './media-clock.ts';

/** How playback stands; frozen, told many times a second. Player times in seconds. */
export interface PlayerState {
  readonly clock: MediaClock;
  /** The scale of seek bar, handle and markers. */
  readonly range: LiveRange;
  readonly time: number;
  /** Date of the frame shown; undefined before the first. */
  readonly date: EpochMicroseconds | undefined;
  /** The viewer wants it to stand. */
  readonly paused: boolean;
  /** It stands for a moment whatever the viewer wants: a frame is looked for, or the handle held. */
  readonly held: boolean;
  /** Date of the frame that is looked for; undefined when none is. */
  readonly sought: EpochMicroseconds | undefined;
  /** Playback follows the live edge; false once the viewer looked back. */
  readonly following: boolean;
  /** Age of the frame shown, in seconds. */
  readonly latency: number | undefined;
  /** A picture has been shown since the source was loaded. */
  readonly picture: boolean;
  /** What it asked for failed, or is kept back, and will be asked for again. */
  readonly waits: boolean;
  /** The player gave up; load again. */
  readonly failed: boolean;
}

/** What to play. */
export interface PlayerSource extends PlaylistParameters {
  readonly playlist: string;
  /** How far back viewers can seek, seconds. */
  readonly window: number;
  /** Frames per second; 0 when not known. */
  readonly frameRate: number;
}

/** What to play, and from where; see {@link Player.load}. */
export interface Loading {
  readonly source: PlayerSource;
  readonly keepPlace: boolean;
  readonly at?: EpochMicroseconds | undefined;
}

/** A frame to go to. */
export interface SoughtFrame {
  readonly date: EpochMicroseconds;
  /** Player time in seconds: of several moments of this date the one nearest to it. Default: the newest. */
  readonly near?: number | undefined;
}

/** A Media Segment that is listed whole. */
export interface ListedSegment {
  /** Where it is fetched. */
  readonly uri: string;
  /** Date of its first frame. */
  readonly date: EpochMicroseconds;
  /** Date of what follows it. */
  readonly end: EpochMicroseconds;
}

/** The player. The only part of the page, with seek-bar.ts, that talks to video.js. */
export interface Player {
  state(): PlayerState;
  /**
   * Plays this, from the live edge, or from where it stands if the viewer looks back and it is the same stream.
   * @param at where to play from in place of that
   */
  load(source: PlayerSource, keepPlace: boolean, at?: EpochMicroseconds): void;
  /** Lands on this frame, playing or paused as before; false if it cannot be shown. */
  show(frame: SoughtFrame): Promise<boolean>;
  goLive(): void;
  /** Nobody looks: nothing is fetched for a while, and running dry means nothing. */
  rest(resting: boolean): void;
  togglePlay(): void;
  toggleFullScreen(): void;
  /** Does nothing when the screen is not filled. */
  leaveFullScreen(): void;
  seekBy(seconds: number): void;
  /** Pauses, and goes to the frame before (-1) or to the next one (1), behind what is on its way to the screen. */
  step(sign: 1 | -1): void;
  /** The PTS of the frame presented at this media time, in seconds; undefined where the player does not know it. */
  ptsOf(mediaTime: number): Microseconds | undefined;
  /** The segments that hold what is shown so many seconds before where playback stands, up to so many after it. */
  segmentsAround(before: number, after: number): readonly ListedSegment[];
  /**
   * Adds something of ours: right on the picture, below all else that lies over it; over the picture, on top of the
   * seek bar, or to the controls after the play button.
   */
  add(element: HTMLElement, where: 'frame' | 'picture' | 'timeline' | 'controls'): void;
}
