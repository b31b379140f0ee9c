import type { Microseconds } from '../clock.ts';
import type { StillPicture } from '../container/frame.ts';

/** What begins each Media Segment that is made of fragments. */
export { segmentType } from '../container/brands.ts';
/** Makes the last fragment of a run, whose duration an encoder can only guess, as long as it may be. */
export { withDuration } from '../container/fmp4.ts';

/** The seam for compression: frames in, one CMAF fragment per frame out, in order. */
export interface Encoder {
  /**
   * Starts a run: one encoder process, one init segment. One that cannot begin says so by its `init` and `fragments`.
   * @throws HlsStreamError SOURCE_SIZE for a picture that it cannot encode
   */
  start(shape: RunShape): EncoderRun;
}

/** What stays fixed during a run. */
export interface RunShape {
  readonly width: number;
  readonly height: number;
  /** Nominal frames per second, for rate control. */
  readonly frameRate: number;
}

/** A picture for the encoder with the times it will carry in the media. */
export interface EncoderInput {
  /** PTS in the media; strictly increasing. */
  readonly pts: Microseconds;
  /** It becomes an IDR frame, as the first of a run does in any case; no other frame becomes one. */
  readonly keyframe: boolean;
  /** The picture; its own `pts` is not used. */
  readonly frame: StillPicture;
}

/** One `moof` + `mdat` that holds exactly one frame. */
export interface Fragment {
  readonly pts: Microseconds;
  /** From the media itself (`trun`), in microseconds. */
  readonly duration: Microseconds;
  /** It begins with an IDR frame. */
  readonly independent: boolean;
  readonly bytes: Uint8Array;
}

/** The init segment and what it says of the media. */
export interface InitSegment {
  readonly bytes: Uint8Array;
  /** RFC 6381, for example `avc1.64001f`. */
  readonly codecs: string;
  readonly width: number;
  readonly height: number;
}

/** One run of the encoder. */
export interface EncoderRun {
  /** Process id of the encoder, if it is a process. */
  readonly pid?: number | undefined;
  /** Arrives with the first frames; rejects with ENCODER_FAILED if the run dies before. */
  readonly init: Promise<InitSegment>;
  /**
   * The fragments in order, one for each frame written. Ends after `end()`; throws ENCODER_FAILED if the
   * process died. Iterated once.
   */
  readonly fragments: AsyncIterable<Fragment>;
  /** Hands over a picture; resolves when the encoder can take the next one (back-pressure). */
  write(input: EncoderInput): Promise<void>;
  /** No more pictures: what is inside comes out, then `fragments` ends. */
  end(): void;
  /** Ends the process at once. Safe to call at any time, also twice. */
  kill(): void;
}
