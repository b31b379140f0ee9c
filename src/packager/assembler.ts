import type { Microseconds } from '../clock.ts';
import { type Fragment, segmentType, withDuration } from '../encoder/encoder.ts';
import type { Filler } from '../hls/filler.ts';
import { type FrameSpan, frameSpans, type ShownFrame } from '../hls/source-frames.ts';
import type { PlannedFrame } from './segment-planner.ts';

/** What a planned frame begins, and what its picture fills. */
export interface PlannedBoundary extends Pick<PlannedFrame, 'startsPart' | 'startsSegment'> {
  readonly filler?: Filler | undefined;
  /** The picture is one of the source, not a repeated frame: which. */
  readonly shows?: Omit<ShownFrame, 'pts'> | undefined;
}

/** A whole Partial Segment, in memory. */
export interface AssembledPart {
  /** Index within its segment, from 0. */
  readonly index: number;
  readonly pts: Microseconds;
  readonly duration: Microseconds;
  readonly independent: boolean;
  readonly filler: Filler | undefined;
  readonly chunks: readonly Uint8Array[];
  readonly bytes: number;
  /** Bytes from its beginning that hold its first frame, if that is a key frame. */
  readonly keyFrame?: number;
  /** The frames of the source in it. */
  readonly frames: readonly FrameSpan[];
}

/** What became whole: a part, and with it perhaps the segment it closes. */
export interface Assembled {
  readonly part: AssembledPart;
  /** True when `part` is the last of its segment. */
  readonly closesSegment: boolean;
}

/** Puts fragments together to parts as they were planned. Pure; a part is whole when its successor begins. */
export class Assembler {
  #fragments: Fragment[] = [];
  #shown: ShownFrame[] = [];
  #filler: Filler | undefined;
  #index = 0;

  /** Takes the next fragment and what it was planned to begin; returns the part that ended before it, if one did. */
  add(fragment: Fragment, boundary: PlannedBoundary): Assembled | undefined {
    const done = boundary.startsPart ? this.#close(boundary.startsSegment) : undefined;
    if (this.#fragments.length === 0) this.#filler = boundary.filler;
    this.#fragments.push(fragment);
    if (boundary.shows !== undefined) this.#shown.push({ ...boundary.shows, pts: fragment.pts });
    return done;
  }

  /**
   * The end of the run: what is still open, as the last part of its segment. How long its last frame is shown nobody
   * knows: as long as the one before it, the encoder says, but not longer than the part may be.
   */
  end(partTarget: Microseconds): Assembled | undefined {
    const over = this.#fragments.reduce((sum, { duration }) => sum + duration, -partTarget);
    const last = this.#fragments.at(-1);
    if (last !== undefined && over > 0) {
      const duration = last.duration - over;
      this.#fragments.splice(-1, 1, { ...last, duration, bytes: withDuration(last.bytes, duration) });
    }
    return this.#close(true);
  }

  #close(closesSegment: boolean): Assembled | undefined {
    const fragments = this.#fragments;
    const first = fragments[0];
    if (first === undefined) return undefined;
    // Each segment begins with its type.
    const begin = this.#index === 0 ? [segmentType] : [];
    const chunks = [...begin, ...fragments.map(({ bytes }) => bytes)];
    const part: AssembledPart = {
      index: this.#index,
      pts: first.pts,
      duration: fragments.reduce((sum, fragment) => sum + fragment.duration, 0),
      independent: first.independent,
      filler: this.#filler,
      chunks,
      bytes: sizeOf(chunks),
      frames: frameSpans(this.#shown, first.pts),
      ...(first.independent && { keyFrame: sizeOf([...begin, first.bytes]) }),
    };
    this.#fragments = [];
    this.#shown = [];
    this.#index = closesSegment ? 0 : this.#index + 1;
    return { part, closesSegment };
  }
}

function sizeOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, { length }) => sum + length, 0);
}
