import type { Readable } from 'node:stream';
import type { Microseconds } from '../clock.ts';
import type { SeenObjects } from './shown.ts';

/** A clip whose boxes are to be painted into its pictures. */
export interface PaintOrder {
  /** Of its pictures, in pixels. */
  readonly width: number;
  readonly height: number;
  /** The clip as MP4, `moov` first: its first frame that is shown has the time 0. */
  readonly clip: AsyncIterable<Uint8Array>;
  /** PTS of the frames that are shown, ascending. */
  readonly frames: readonly Microseconds[];
  /** What was said of them, and of some before; in any order. */
  readonly seen: readonly SeenObjects[];
  readonly labels: boolean;
  /** Least score that is painted, 0 to 1. */
  readonly threshold: number;
}

/**
 * Paints boxes into a clip: encodes it anew. Resolves to an MP4 when its first bytes are there; destroying that ends all
 * that works for it. Rejects with FFMPEG_NOT_FOUND, ENCODER_FAILED.
 */
export type ClipPainter = (order: PaintOrder) => Promise<Readable>;
