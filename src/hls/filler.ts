import type { EpochMicroseconds } from '../clock.ts';

/**
 * What fills the playlist while the source is silent: its last picture darkened with a text (`slate`), its last
 * picture as it was (`repeat`), or nothing that could be fetched (`gap`, EXT-X-GAP).
 */
export type FillerKind = 'slate' | 'repeat' | 'gap';

/** Marks media that shows no pictures of the source. It always fills whole segments. */
export interface Filler {
  readonly kind: FillerKind;
  /** Date of the last picture before the silence. */
  readonly since: EpochMicroseconds;
}
