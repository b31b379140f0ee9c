import type { EpochMicroseconds, Microseconds } from '../clock.ts';

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
}

/** A picture without its times. */
export type StillPicture = Pick<Frame, 'width' | 'height' | 'data'>;
