import type { Microseconds } from '../clock.ts';
import type { EarlierEpochsOptions } from './earlier-epochs.ts';
import type { SharedSpaceOptions } from './shared-space.ts';

/** How long media and markers are kept. */
export interface RetentionRules {
  /** For so long, counted from the live edge. @default as long as it is listed */
  readonly age?: Microseconds | undefined;
  /** As long as all streams together have no more than this, in bytes. @default any amount */
  readonly size?: number | undefined;
  /** How long markers are kept at least. @default as long as their media */
  readonly markers?: Microseconds | undefined;
}

/** What a {@link Retention} works with. */
export interface RetentionOptions extends EarlierEpochsOptions {
  readonly rules: RetentionRules;
  /** The space that all streams share, where the storage has such a thing. */
  readonly space?: Pick<SharedSpaceOptions, 'directory' | 'others' | 'full'> | undefined;
  /** Told of every failure; it is tried again. */
  readonly failed: (error: unknown) => void;
  /** Monotonic milliseconds. @default performance.now */
  readonly monotonic?: () => number;
}

/** The files of an epoch that are kept: Media Segments from one number to another, and these init segments. */
export interface RetainedFiles {
  readonly from: number;
  readonly to: number;
  readonly inits: ReadonlySet<string>;
}
