import type { EpochMicroseconds, Microseconds } from '../clock.ts';
import type { Picture } from '../frames/picture.ts';
import type { FrameObject } from '../hls/frame-objects.ts';

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

/** An event that is over with the frame that shows it. */
export interface InstantEvent extends Omit<Observation & { type: 'begin' }, 'type' | 'key'> {
  readonly type: 'event';
}

/** What a detector answers for a picture: events, oldest first, and the objects that this very picture shows. */
export type Answer =
  | readonly (Observation | InstantEvent)[]
  | {
      readonly observations?: readonly (Observation | InstantEvent)[];
      readonly objects?: readonly FrameObject[];
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
  /** It runs in a process of its own: when that fails it is opened anew, and whoever opened it goes on. @default false */
  readonly external?: boolean;
  /**
   * Looks at the next picture; returns what began or ended, oldest first, or a promise of it. While that is not kept, no
   * other picture is shown, and the newest one next: those between are skipped.
   */
  look(picture: Picture): Answer | Promise<Answer>;
  /** What its successor should know after a crash: structured data, some kilobytes. */
  remember?(): unknown;
  /** Takes over what a predecessor (perhaps of another version) remembered; before the first picture. */
  recall?(memory: unknown): void;
  /** Ends what it runs. */
  close?(): Promise<void>;
}

/** A detector that says at once what it sees, of every picture. */
export interface PromptDetector extends Detector {
  look(picture: Picture): readonly Observation[];
}
