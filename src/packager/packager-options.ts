import type { Anchor, EpochMicroseconds, Microseconds } from '../clock.ts';
import type { Frame } from '../container/frame.ts';
import type { Encoder, RunShape } from '../encoder/encoder.ts';
import type { FillerKind } from '../hls/filler.ts';
import type { PictureRun } from '../hls/marker-runs.ts';
import type { Storage } from '../storage/storage.ts';
import type { LastShown } from './last-shown.ts';
import type { UsedNumbers } from './number-block.ts';
import type { PackagerEvent } from './packager-events.ts';
import type { Publisher } from './publisher.ts';
import type { Retention } from './retention.ts';
import type { SegmentPlan } from './segment-planner.ts';

/** A real picture as it went into the media; repeated frames are not among these. */
export interface PackagedFrame {
  readonly pts: Microseconds;
  readonly date: EpochMicroseconds;
  readonly frame: Frame;
  /** It is the first of a run or after a silence: something is missing before it. */
  readonly discontinuity: boolean;
  /** Whose media it is in. */
  readonly run: PictureRun;
}

/** The newest picture of the source. */
export interface LastPicture {
  readonly frame: Frame;
  /** Where it was shown by this process. */
  readonly pts?: Microseconds;
  /** Its date in the stream. */
  readonly date: EpochMicroseconds;
  /** When it came, in monotonic milliseconds. */
  readonly at: number;
}

/** What a packager works with. */
export interface PackagerOptions {
  readonly publisher: Publisher;
  readonly storage: Storage;
  readonly encoder: Encoder;
  readonly plan: SegmentPlan;
  /** What PTS go on from if nothing is listed yet. @default they begin at 0 */
  readonly from?: Anchor | undefined;
  /** What is known of media sequence numbers that are not listed. @default nothing: one whose media is there was seen */
  readonly used?: UsedNumbers | undefined;
  /** Objects that lie below the epoch's folder, where that is known; see {@link PlaylistWindow.adopt}. */
  readonly stock?: readonly string[] | undefined;
  /** Keeps what leaves the Media Playlist. @default nothing is kept */
  readonly retention?: Retention | undefined;
  /** Nominal frames per second of the source. */
  readonly frameRate: number;
  /** BANDWIDTH of the Multivariant Playlist for pictures of this shape, in bits per second. */
  readonly bandwidth: (shape: RunShape) => number;
  /** The same for the key frames alone. */
  readonly keyFrameBandwidth?: (shape: RunShape) => number;
  /** The shortest silence of the source; see {@link Silence}. */
  readonly stall: Microseconds;
  /** What is listed while the source is silent; `pause`: nothing, and the encoder is closed. @default pause */
  readonly inputLoss?: FillerKind | 'pause';
  /** Draws what is shown instead of the last picture, with inputLoss `slate`. @default the last picture */
  readonly slate?: (last: Frame, since: EpochMicroseconds) => Frame;
  /** The source has been silent since a process before this one showed that: the silence goes on at once. */
  readonly silentSince?: LastShown;
  readonly onFrame?: (frame: PackagedFrame) => void;
  /** A frame shows once more the picture of another, of which it says the PTS. */
  readonly onRepeated?: ((pts: Microseconds, of: Microseconds) => void) | undefined;
  /** A picture of the source is not shown: its time is over, or there is no encoder for it. */
  readonly onLate?: (frame: Frame) => void;
  readonly onEvent?: (event: PackagerEvent) => void;
  /** The wall clock, which may be set while the packager runs. @default that of this machine */
  readonly wallClock?: () => EpochMicroseconds;
  /** Monotonic milliseconds. @default performance.now */
  readonly now?: () => number;
  /** A source that is faster than real time is never waited for. @default true */
  readonly paced?: boolean;
}
