import { type EpochMicroseconds, type Microseconds, timeOfTicks, toSeconds } from '../clock.ts';
import type { Frame, FrameAnnotations } from '../container/frame.ts';
import { type FrameMarking, moved } from '../hls/frame-marker.ts';
import { MOST_MARKERS } from '../hls/marker-rules.ts';
import type { ReadLine } from './frame-line.ts';
import { InputTimeline, type Timed } from './timeline.ts';

/** A picture as it came, with what its line says and when its last byte was there. */
export interface FramedPicture {
  readonly line: ReadLine;
  /** In microseconds of a monotonic clock. */
  readonly at: Microseconds;
  readonly date: EpochMicroseconds;
  readonly pixels: Uint8Array;
}

/** A picture whose place in time is known. */
export interface PlacedPicture extends Pick<Frame, 'pts' | 'capturedAt' | 'number' | 'discontinuity'> {
  readonly pixels: Uint8Array;
  readonly annotations?: FrameAnnotations;
}

/** So many pictures at least may be spoken of when they have come, and twice as many at most. */
const MANY_RECENT = 1000;

interface Numbered extends FramedPicture {
  readonly pts: Microseconds;
  readonly number: number;
}

/** How pictures get their times. */
export interface FramedTimesOptions {
  readonly frameRate: number;
  /** What is done about pictures without a time of their own: see `--input-timing`. */
  readonly timing: 'arrival' | 'rate';
  /** A picture is left out, for its time does not fit; what came. */
  readonly leftOut: (what: string) => void;
}

/**
 * Gives pictures with lines their times: their own, exactly, where they have some. One whose time alone goes back, or
 * far ahead, is left out, and its markings come to the next one; a clock that goes on from there is a break. Pure.
 */
export class FramedTimes {
  readonly #options: FramedTimesOptions;
  readonly #timeline: InputTimeline<Numbered>;
  #number = -1;
  #last: { readonly pts: Microseconds; readonly at: Microseconds } | undefined;
  /** Times of the newest pictures by their numbers, and those of the ones before them. */
  #recent = new Map<number, Microseconds>();
  #earlier = new Map<number, Microseconds>();
  #carried: (Pick<Numbered, 'at' | 'number'> & { readonly markings: readonly FrameMarking[] })[] = [];

  constructor(options: FramedTimesOptions) {
    this.#options = options;
    this.#timeline = new InputTimeline({
      interval: Math.round(timeOfTicks(1, options.frameRate)),
      live: true,
    });
  }

  /** Takes the next picture; returns those whose place is certain now. */
  push(picture: FramedPicture): PlacedPicture[] {
    const { seq } = picture.line;
    const number = seq !== undefined && seq > this.#number ? seq : this.#number + 1;
    this.#number = number;
    if (picture.line.misplaced) {
      this.#carry({ ...picture, number });
      return [];
    }
    const pts = this.#timeOf(picture);
    this.#remember(number, pts);
    const isFirst = this.#last === undefined;
    this.#last = { pts, at: picture.at };
    const timed = this.#timeline.push({ ...picture, pts, number });
    // Nothing speaks against the first one: it does not wait for a second.
    return (isFirst ? this.#timeline.flush() : timed).flatMap((one) => this.#place(one));
  }

  /** The time of a picture that came, as its writer gave it; of one that is forgotten, or did not come, the newest. */
  ptsOf(number: number): Microseconds {
    return this.#recent.get(number) ?? this.#earlier.get(number) ?? this.#last?.pts ?? 0;
  }

  /** No more pictures follow. */
  end(): PlacedPicture[] {
    return this.#timeline.flush().flatMap((timed) => this.#place(timed));
  }

  #remember(number: number, pts: Microseconds): void {
    // Whole maps are dropped: one whose first key is deleted each time grows slow to ask for its first.
    if (this.#recent.size === MANY_RECENT) {
      this.#earlier = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(number, pts);
  }

  #timeOf({ line, at }: FramedPicture): Microseconds {
    if (line.pts !== undefined) return line.pts;
    const last = this.#last;
    if (last === undefined) return 0;
    const { timing, frameRate } = this.#options;
    const passed = timing === 'rate' ? timeOfTicks(1, frameRate) : at - last.at;
    return last.pts + Math.max(2, Math.round(passed));
  }

  #place({ picture, pts, jumped }: Timed<Numbered>): PlacedPicture[] {
    const { line, number, pixels, date, at } = picture;
    if (pts !== picture.pts) {
      this.#options.leftOut(`frame ${number} at ${toSeconds(picture.pts)} s`);
      this.#carry(picture);
      return [];
    }
    const carried = this.#carried.flatMap((one) => moved(one.markings, one.number, at - one.at));
    this.#carried = [];
    const markers = [...carried, ...line.markers];
    const { objects } = line;
    return [
      {
        ...{ pts, capturedAt: date, number, pixels },
        ...(jumped && { discontinuity: true }),
        ...((markers.length > 0 || objects !== undefined) && {
          annotations: { ...(markers.length > 0 && { markers }), ...(objects && { objects }) },
        }),
      },
    ];
  }

  #carry({ at, number, line }: Omit<Numbered, 'pts'>): void {
    if (line.markers.length === 0) return;
    this.#carried.push({ at, number, markings: line.markers });
    // Nobody heaps up more than one frame may bring.
    while (this.#carried.reduce((sum, { markings }) => sum + markings.length, 0) > MOST_MARKERS)
      this.#carried.shift();
  }
}
