import { fractionOf, type LiveRange, timeAt } from './live-range.ts';
import { type VideoJsPlayer, videojs } from './video-js.ts';

/**
 * video.js's seek bar and live tracker, put on our own scale. Theirs believes VHS's guess of the live edge,
 * which counts the open segment as whole, and lets the handle snap to the end.
 */

/** What the two components of a player ask and tell; times in player seconds. */
export interface SeekBarHooks {
  range(): LiveRange;
  seek(time: number): void;
  goLive(): void;
  /** The viewer takes hold of the handle, or lets it go. */
  grab(held: boolean): void;
  togglePlay(): void;
}

/** The parts of video.js's components that are used here; its own types leave most of them out. */
interface Component {
  readonly player_: VideoJsPlayer & { scrubbing(on?: boolean): boolean };
}
interface SeekBarBase extends Component {
  el(): HTMLElement;
  readonly bar: { el(): HTMLElement };
  videoWasPlaying: boolean;
  getCurrentTime_(): number;
  requestNamedAnimationFrame(name: string, draw: () => void): string;
  calculateDistance(event: MouseEvent): number;
  hasClass(name: string): boolean;
  handleMouseDown(event: MouseEvent): void;
  handleMouseUp(event: MouseEvent): void;
}
type ComponentClass<T> = new (...parameters: never[]) => T;

/** Assistive technology is told this often where playback is, in milliseconds. */
const TELL = 1000;
/** A press this near to the far end of the bar means live, in pixels. */
const LIVE_ZONE = 6;

/** Of each player; video.js makes the components before anybody can join them. */
const joined = new WeakMap<object, SeekBarHooks>();
let registered = false;

/** Makes players use our components from now on. */
export function useOurScale(): void {
  if (registered) return;
  registered = true;
  videojs.registerComponent('SeekBar', scaledSeekBar());
  videojs.registerComponent('LiveTracker', scaledLiveTracker());
}

/**
 * Joins the components of a player to `hooks`.
 * @returns what puts the handle where it belongs now, in the same repaint as the markers
 */
export function joinSeekBar(player: VideoJsPlayer, hooks: SeekBarHooks): () => void {
  joined.set(player, hooks);
  const seekBar = player.getChild('controlBar')?.getChild('progressControl')?.getChild('seekBar');
  const { bar, getPercent } = seekBar as unknown as SeekBarBase & { getPercent(): number };
  const { style } = bar.el();
  return () => {
    const width = `${(getPercent.call(seekBar) * 100).toFixed(2)}%`;
    if (style.width !== width) style.width = width;
  };
}

function hooksOf({ player_ }: Component): SeekBarHooks | undefined {
  return joined.get(player_);
}

function scaleOf(component: Component): LiveRange {
  return hooksOf(component)?.range() ?? { start: 0, end: 0 };
}

function scaledSeekBar(): unknown {
  const Base = videojs.getComponent('SeekBar') as ComponentClass<SeekBarBase>;
  return class extends Base {
    told_ = 0;

    getPercent(): number {
      return fractionOf(scaleOf(this), this.getCurrentTime_());
    }

    override requestNamedAnimationFrame(name: string, draw: () => void): string {
      // It would move the handle some frames later, to where the scale was.
      if (name === 'Slider#update') return name;
      // It would say where playback is thirty times a second, and lay the page out each time.
      const now = performance.now();
      if (name === 'SeekBar#update' && !this.player_.paused() && now - this.told_ < TELL) return name;
      this.told_ = now;
      return super.requestNamedAnimationFrame(name, draw);
    }

    handleMouseMove(event: MouseEvent, isDown = false): void {
      if (event.buttons === 0 && !isDown && event.type.startsWith('mouse')) return;
      if (!isDown && !this.player_.scrubbing()) this.player_.scrubbing(true);
      const place = this.calculateDistance(event);
      if ((1 - place) * this.el().clientWidth <= LIVE_ZONE) hooksOf(this)?.goLive();
      else hooksOf(this)?.seek(timeAt(scaleOf(this), place));
    }

    override handleMouseDown(event: MouseEvent): void {
      // It pauses the element, which is not the viewer's wish.
      hooksOf(this)?.grab(true);
      super.handleMouseDown(event);
      if (!this.hasClass('vjs-sliding')) hooksOf(this)?.grab(false);
    }

    override handleMouseUp(event: MouseEvent): void {
      // Whether playback goes on says the viewer's wish; it saw only whether the element played.
      this.videoWasPlaying = false;
      super.handleMouseUp(event);
      hooksOf(this)?.grab(false);
    }

    handleAction(): void {
      hooksOf(this)?.togglePlay();
    }

    userSeek_(time: number): void {
      const { start, end } = scaleOf(this);
      if (time >= end) hooksOf(this)?.goLive();
      else hooksOf(this)?.seek(Math.max(start, time));
    }
  };
}

function scaledLiveTracker(): unknown {
  const Base = videojs.getComponent('LiveTracker') as ComponentClass<Component>;
  return class extends Base {
    trackLive_(): void {}

    seekableStart(): number {
      return scaleOf(this).start;
    }

    liveCurrentTime(): number {
      return scaleOf(this).end;
    }

    seekToLiveEdge(): void {
      hooksOf(this)?.goLive();
    }

    // video.js would jump to its own idea of the edge after the first play; ours does not need it.
    handlePlay(): void {}
    handleSeeked(): void {}
  };
}
