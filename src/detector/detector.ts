import type { EpochMicroseconds, Microseconds } from '../clock.ts';
import type { Picture } from '../frames/picture.ts';

/** What a detector says of a picture: an event begins, or one that it began ends. */
export type Observation =
  | {
      readonly type: 'begin';
      /** The detector's own name for this event, unique while it lasts. */
      readonly key: string;
      /** PTS of the first frame that shows it; not after the picture's own. */
      readonly pts: Microseconds;
      /** Date of that frame. */
      readonly date: EpochMicroseconds;
      readonly text: string;
      readonly class: string;
      /** Facts for whoever reads the marker; plain JSON. */
      readonly data?: Readonly<Record<string, unknown>>;
    }
  | {
      readonly type: 'end';
      readonly key: string;
      /** PTS at which it was gone: that of the first frame that does not show it. */
      readonly pts: Microseconds;
    };

/** The seam for finding events. A detector sees pictures and nothing else. */
export interface Detector {
  /** Becomes the markers' `source`, for example `mint-square`; `[A-Za-z0-9_.-]{1,64}`. */
  readonly name: string;
  /**
   * How long after its first picture a detector that knows nothing yet may take to say that an event is
   * going on, in microseconds. So long its predecessor's open markers wait to be taken over. @default 500_000
   */
  readonly recognition?: Microseconds;
  /** Looks at the next picture; returns what began or ended, oldest first. */
  look(picture: Picture): readonly Observation[];
  /** What its successor should know after a crash: structured data, some kilobytes. */
  remember?(): unknown;
  /** Takes over what a predecessor (perhaps of another version) remembered; before the first picture. */
  recall?(memory: unknown): void;
}
