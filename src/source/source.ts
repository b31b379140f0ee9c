import type { Frame } from '../container/frame.ts';
import type { LateMarking, LateObjects } from '../hls/frame-marker.ts';

/** The seam for pictures. Every source passes `tests/source/source-contract.ts`. */
export interface Source {
  /** Width in pixels, even. */
  readonly width: number;
  /** Height in pixels, even. */
  readonly height: number;
  /** Nominal frames per second; real frame times are in the frames. */
  readonly frameRate: number;
  /**
   * It comes from a camera or over a network: when it is silent, its signal is lost. A program or a file may be silent
   * because there is nothing new to show. Decides what `--input-loss` is by default.
   */
  readonly live: boolean;
  /**
   * Names the life of whoever numbers the frames and says something of them, so that a process which takes over from
   * another knows those frames again which are listed already.
   */
  readonly session?: string;
  /**
   * The frames, in real time unless the source was opened unpaced. Iterated once. Ends when the source has
   * ended for good; throws HlsStreamError SOURCE_FAILED when it cannot go on. Leaving the loop, or the
   * signal it was opened with, frees everything.
   */
  frames(): AsyncIterable<Frame>;
  /** Has `listener` called for what is said of frames that were given out already, also before the call. */
  onLate?(listener: (late: LateMarking | LateObjects) => void): void;
  /**
   * Frames up to this number are listed, with what was said of them, or lost for good: none of them is needed again; nor
   * is what the first `heard` calls of the listener of {@link onLate} said of them.
   */
  settled?(number: number, heard: number): void;
  /** Ticks that were due but not drawn so far (the pacer was late), and frames lost otherwise. */
  readonly skipped?: number;
}
