import type { Attributes, ListedSegment, PlaylistText } from './playlist-text.ts';
import type { Violation } from './violation.ts';

/** Joins a Playlist Delta Update to the version before it, as a client does (rfc8216bis §6.3.7). */
export function applyDelta(
  before: PlaylistText | undefined,
  delta: PlaylistText,
): { readonly playlist?: PlaylistText; readonly violations: readonly Violation[] } {
  const violations: Violation[] = [];
  const from = delta.mediaSequence;
  const until = from + delta.skipped;
  const kept = before?.segments.filter(({ msn }) => msn >= from && msn < until) ?? [];
  if (kept.length !== delta.skipped) {
    const message = `${delta.skipped} segments from ${from} are skipped, ${kept.length} of them are known`;
    return { violations: [{ rule: 'delta', message }] };
  }
  const rest = sum(delta.segments) + (delta.open?.duration ?? 0);
  const skipUntil = Number(delta.serverControl.get('CAN-SKIP-UNTIL') ?? Number.POSITIVE_INFINITY);
  if (delta.skipped > 0 && rest < skipUntil - 0.000_002) {
    violations.push({
      rule: 'delta',
      message: `only ${rest} s are left of ${skipUntil} s that may not be skipped`,
    });
  }
  const tags = kept.filter(({ discontinuity }) => discontinuity).length;
  const map = kept.at(-1)?.map;
  const join = <T extends PlaylistText['tail']>(segment: T): T => ({
    ...segment,
    discontinuityNumber: segment.discontinuityNumber + tags,
    map: segment.map ?? map,
  });
  const playlist = {
    ...delta,
    skipped: 0,
    segments: [...kept, ...delta.segments.map(join)],
    open: delta.open === undefined ? undefined : join(delta.open),
    tail: join(delta.tail),
    dateRanges: joinDateRanges(before?.dateRanges ?? [], delta),
  };
  return { playlist, violations };
}

/** §6.2.5.1: with RECENTLY-REMOVED-DATERANGES those not named as removed live on. */
function joinDateRanges(before: readonly Attributes[], delta: PlaylistText): readonly Attributes[] {
  if (delta.removedDateRanges === undefined) return delta.dateRanges;
  const removed = new Set(delta.removedDateRanges);
  const ranges = new Map(before.map((range) => [range.get('ID') ?? '', range]));
  for (const range of delta.dateRanges) ranges.set(range.get('ID') ?? '', range);
  return [...ranges].filter(([id]) => !removed.has(id)).map(([, range]) => range);
}

function sum(segments: readonly ListedSegment[]): number {
  return segments.reduce((total, segment) => total + segment.duration, 0);
}
