import { fractionOf, type LiveRange, timeAt } from './live-range.ts';
import { videojs } from './video-js.ts';

/**
 * video.js's seek bar and live tracker, put on our own scale. Theirs believes VHS's guess of the live edge,
 * which counts the open segment as whole, and lets the handle snap to the end.
 */

/** What the two components ask and tell; times in player seconds. */
export interface SeekBarHooks {
  range(): LiveRange;
  seek(time: number): void;
  goLive(): void;
}

/** The parts of video.js's components that are used here; its own types leave most of them out. */
interface Component {
  trigger(event: string): void;
}
interface SeekBarBase extends Component {
  el(): HTMLElement;
  readonly player_: { scrubbing(on?: boolean): boolean };
  readonly bar: { el(): HTMLElement };
  getCurrentTime_(): number;
  requestNamedAnimationFrame(name: string, draw: () => void): string;
  calculateDistance(event: MouseEvent): number;
}
type ComponentClass<T> = new (...parameters: never[]) => T;

/** A press this near to the far end of the bar means live, in pixels. */
const LIVE_ZONE = 6;

let hooks: SeekBarHooks | undefined;

/** Our hold on the two components. */
export interface Scale {
  /** Joins them to the player, once it is made. */
  join(of: SeekBarHooks): void;
  /** Puts the handle where it belongs now, in the same repaint as the markers. */
  moveHandle(seekBar: unknown): void;
}

/** Makes the next player use our components. There is one player in a page. */
export function useScale(): Scale {
  videojs.registerComponent('SeekBar', scaledSeekBar());
  videojs.registerComponent('LiveTracker', scaledLiveTracker());
  return {
    join(of) {
      hooks = of;
    },
    moveHandle(seekBar) {
      const { bar, getPercent } = seekBar as SeekBarBase & { getPercent(): number };
      bar.el().style.width = `${(getPercent.call(seekBar) * 100).toFixed(3)}%`;
    },
  };
}

function scale(): LiveRange {
  return hooks?.range() ?? { start: 0, end: 0 };
}

function scaledSeekBar(): unknown {
  const Base = videojs.getComponent('SeekBar') as ComponentClass<SeekBarBase>;
  return class extends Base {
    getPercent(): number {
      return fractionOf(scale(), this.getCurrentTime_());
    }

    override requestNamedAnimationFrame(name: string, draw: () => void): string {
      // It would move the handle some frames later, to where the scale was.
      return name === 'Slider#update' ? name : super.requestNamedAnimationFrame(name, draw);
    }

    handleMouseMove(event: MouseEvent, isDown = false): void {
      if (event.buttons === 0 && !isDown && event.type.startsWith('mouse')) return;
      if (!isDown && !this.player_.scrubbing()) this.player_.scrubbing(true);
      const place = this.calculateDistance(event);
      if ((1 - place) * this.el().clientWidth <= LIVE_ZONE) hooks?.goLive();
      else hooks?.seek(timeAt(scale(), place));
    }

    userSeek_(time: number): void {
      const { start, end } = scale();
      if (time >= end) hooks?.goLive();
      else hooks?.seek(Math.max(start, time));
    }
  };
}

function scaledLiveTracker(): unknown {
  const Base = videojs.getComponent('LiveTracker') as ComponentClass<Component>;
  return class extends Base {
    trackLive_(): void {}

    seekableStart(): number {
      return scale().start;
    }

    liveCurrentTime(): number {
      return scale().end;
    }

    seekToLiveEdge(): void {
      hooks?.goLive();
    }

    // video.js would jump to its own idea of the edge after the first play; ours does not need it.
    handlePlay(): void {}
    handleSeeked(): void {}
  };
}
