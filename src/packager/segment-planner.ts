import { fromSeconds, type Microseconds, type Seconds, timeOfTicks, toSeconds } from '../clock.ts';

/**
 * Where Partial Segments and Media Segments end, decided on the way into the encoder, since a segment
 * begins with an IDR frame that has to be asked for. Pure.
 */

/** How a part may be longer than planned: capture jitter makes some so. */
const JITTER: Microseconds = 10_000;

/** A part is at least this share of PART-TARGET (rfc8216bis §4.4.4.9). */
const LEAST_SHARE = 0.85;

/**
 * Lengths of the first segments of a run, as near as whole parts come, rather shorter: nobody waits for a full one
 * before there is anything to play.
 */
const OPENING: readonly Seconds[] = [0.5, 1];

/**
 * A segment has so many parts, however short. Until video.js 8 has appended two that came in one version of the playlist
 * it appends their init segment anew before each, and browsers then drop all up to the next key frame.
 */
const LEAST_PARTS = 2;

/** Lengths derived once from the settings; fixed for the life of an epoch. */
export interface SegmentPlan {
  /** Nominal time between two frames. */
  readonly frameDuration: Microseconds;
  /** Planned length of a part: a whole number of frames. */
  readonly partDuration: Microseconds;
  /** PART-TARGET: no part is longer. */
  readonly partTarget: Microseconds;
  readonly partsPerSegment: number;
  /** The same of the first segments of a run, which are shorter. */
  readonly openingSegments: readonly number[];
  /** EXT-X-TARGETDURATION, whole seconds: no segment rounds to more. */
  readonly targetDuration: Microseconds;
}

/** Frames per second that cameras and films have. */
const COMMON_RATES = [24_000 / 1001, 24, 25, 30_000 / 1001, 30, 50, 60_000 / 1001, 60];

/**
 * The rate meant by a measured one: a common rate within 1 %, else the rate to three digits behind the point. A
 * camera that is measured anew after a restart gets the same plan that way.
 */
export function nominalRate(measured: number): number {
  const distance = (rate: number) => Math.abs(rate - measured);
  const nearest = COMMON_RATES.reduce((best, rate) => (distance(rate) < distance(best) ? rate : best));
  return distance(nearest) <= nearest / 100 ? nearest : Math.round(measured * 1000) / 1000;
}

/**
 * Derives the plan: frames per part = round(part × frameRate), at least 1, and as many parts as come
 * nearest to the segment length.
 * @param part wished length of a Partial Segment
 * @param segment wished length of a Media Segment
 */
export function planSegments(frameRate: number, part: Seconds, segment: Seconds): SegmentPlan {
  const framesPerPart = Math.max(1, Math.round(part * frameRate));
  const partDuration = fromSeconds(framesPerPart / frameRate);
  const partTarget = partDuration + JITTER;
  const partsPerSegment = Math.max(1, Math.round(fromSeconds(segment) / partDuration));
  const partsIn = (length: Seconds) =>
    Math.max(LEAST_PARTS, Math.ceil((length * frameRate) / framesPerPart - 0.5));
  // §4.4.3.1: EXTINF rounded to the nearest whole number never exceeds the target duration.
  const targetDuration = fromSeconds(Math.max(1, Math.round(toSeconds(partsPerSegment * partTarget))));
  return {
    frameDuration: Math.round(timeOfTicks(1, frameRate)),
    partDuration,
    partTarget,
    partsPerSegment,
    openingSegments: OPENING.map(partsIn).filter((parts) => parts < partsPerSegment),
    targetDuration,
  };
}

/** How many key frames may lie within half a target duration: where a run ends and the next one begins. */
export function mostKeyFrames({ openingSegments }: SegmentPlan): number {
  return 1 + openingSegments.length;
}

/** What to do with one picture. */
export interface PlannedFrame {
  /** The PTS it gets in the media. */
  readonly pts: Microseconds;
  /** The encoder makes it an IDR frame. */
  readonly keyframe: boolean;
  /** A repeated frame: the last picture sent once more, because none came in time. */
  readonly repeated: boolean;
  readonly startsPart: boolean;
  readonly startsSegment: boolean;
}

/** Plans where parts and segments of one run of the encoder begin. PTS go in and come out on the stream's own clock. */
export class SegmentPlanner {
  readonly #plan: SegmentPlan;
  #last: Microseconds | undefined;
  #partStart: Microseconds = 0;
  #partsInSegment = 0;
  /** Segments begun so far. */
  #segments = 0;

  constructor(plan: SegmentPlan) {
    this.#plan = plan;
  }

  /**
   * What a picture with this PTS makes: repeated frames that must come before it, then itself. Empty when
   * it comes too late: a picture at its PTS or after it has been sent.
   * @param newSegment it begins a segment, however short the open one is
   */
  plan(pts: Microseconds, newSegment = false): PlannedFrame[] {
    if (this.#last === undefined) return [this.#begin(pts)];
    if (pts <= this.#last) return [];
    const planned: PlannedFrame[] = [];
    while (pts - this.#partStart > this.#plan.partTarget) planned.push(this.repeat());
    if (pts <= this.#last) return planned;
    const closes = newSegment || pts - this.#partStart >= this.#shortest();
    planned.push(closes ? this.#startPart(pts, { repeated: false, newSegment }) : this.#go(pts));
    return planned;
  }

  /** PTS after which the open part cannot wait any longer for a picture; undefined before the first. */
  get deadline(): Microseconds | undefined {
    return this.#last === undefined ? undefined : this.#partStart + this.#plan.partTarget;
  }

  /** PTS of the newest picture, repeated or not; undefined before the first. */
  get last(): Microseconds | undefined {
    return this.#last;
  }

  /**
   * Closes the open part with a repeated frame: as early as a part may end, so that real pictures that are only
   * late still find their place behind it.
   * @param newSegment it begins a segment
   */
  repeat(newSegment = false): PlannedFrame {
    if (this.#last === undefined) throw new RangeError('nothing to repeat before the first picture');
    const earliest = this.#partStart + Math.ceil(this.#plan.partTarget * LEAST_SHARE);
    const latest = this.#partStart + this.#plan.partTarget;
    const afterLast = this.#last + Math.round(this.#plan.frameDuration / 2);
    const pts = Math.min(Math.max(earliest, afterLast), latest);
    return this.#startPart(pts, { repeated: true, newSegment });
  }

  /** A part may be closed by a picture this long after its start: the one nearest to the planned length. */
  #shortest(): Microseconds {
    const nearest = this.#plan.partDuration - this.#plan.frameDuration / 2;
    return Math.max(nearest, this.#plan.partTarget * LEAST_SHARE);
  }

  #begin(pts: Microseconds): PlannedFrame {
    this.#last = pts;
    this.#partStart = pts;
    this.#partsInSegment = 1;
    this.#segments = 1;
    return { pts, keyframe: true, repeated: false, startsPart: true, startsSegment: true };
  }

  #go(pts: Microseconds): PlannedFrame {
    this.#last = pts;
    return { pts, keyframe: false, repeated: false, startsPart: false, startsSegment: false };
  }

  #startPart(
    pts: Microseconds,
    { repeated, newSegment }: { repeated: boolean; newSegment: boolean },
  ): PlannedFrame {
    const { openingSegments, partsPerSegment } = this.#plan;
    const planned = openingSegments[this.#segments - 1] ?? partsPerSegment;
    const startsSegment = newSegment || this.#partsInSegment >= planned;
    this.#partsInSegment = startsSegment ? 1 : this.#partsInSegment + 1;
    if (startsSegment) this.#segments += 1;
    this.#last = pts;
    this.#partStart = pts;
    return { pts, keyframe: startsSegment, repeated, startsPart: true, startsSegment };
  }
}
