import type { EpochMicroseconds, Microseconds } from '../clock.ts';
import type { Filler } from './filler.ts';

/** What of a segment stays when its media is lost. */
interface Outline {
  readonly date: EpochMicroseconds;
  readonly parts: readonly { readonly duration: Microseconds; readonly independent: boolean }[];
}

/** A segment without its media: EXT-X-GAP (rfc8216bis §4.4.4.7). */
export function asGap<Segment extends Outline>(segment: Segment) {
  const parts = segment.parts.map(({ duration, independent }) => ({ duration, independent, bytes: 0 }));
  const filler: Filler = { kind: 'gap', since: segment.date };
  return { ...segment, bytes: 0, parts, filler };
}
