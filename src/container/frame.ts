import type { EpochMicroseconds, Microseconds } from '../clock.ts';
import type { FrameMarking } from '../hls/frame-marker.ts';

/** One picture with its exact times: what a source yields and an encoder takes. */
export interface Frame {
  /** Presentation time on the source's own monotonic clock, in integer microseconds, strictly increasing. */
  readonly pts: Microseconds;
  /** When it was captured or drawn, in microseconds since the Unix epoch. */
  readonly capturedAt: EpochMicroseconds;
  /** Even, at least 16 pixels. */
  readonly width: number;
  /** Even, at least 16 pixels. */
  readonly height: number;
  /** RGBA, 8 bits a channel, rows from the top, `width * height * 4` bytes. Alpha is ignored. */
  readonly data: Uint8Array;
  /** True on the first frame after a break (a loop, a reconnect): PTS may begin anywhere from here. */
  readonly discontinuity?: boolean;
  /** Which frame of its writer it is: its own number, or counted from 0. Rises, where a source knows it. */
  readonly number?: number;
  /** What its writer said of it. */
  readonly annotations?: FrameAnnotations;
}

/** What is said of one frame by whoever made it. */
export interface FrameAnnotations {
  /** Events that begin or end with it. */
  readonly markers?: readonly FrameMarking[];
  /** Boxes and outlines, as the writer gave them: JSON objects, at most 16 deep. */
  readonly objects?: readonly unknown[];
}

/** A picture without its times. */
export type StillPicture = Pick<Frame, 'width' | 'height' | 'data'>;
