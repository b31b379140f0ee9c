import type { Attributes, ListedSegment, PlaylistText } from './playlist-text.ts';
import type { Rule, Violation } from './violation.ts';

/** Rounding slack of sums of six-digit decimals, in seconds. */
const ROUNDING = 0.000_002;

/** What one Media Playlist by itself must hold (RFC 8216 §4, rfc8216bis §4.4 and appendix B). */
export function checkPlaylist(playlist: PlaylistText): Violation[] {
  const found: Violation[] = playlist.faults.map((message) => ({ rule: 'syntax', message }));
  const say = (rule: Rule, message: string) => found.push({ rule, message });
  const { targetDuration: target, partTarget } = playlist;

  if (target === undefined) say('required-tags', 'no EXT-X-TARGETDURATION');
  if (!playlist.independentSegments) say('required-tags', 'no EXT-X-INDEPENDENT-SEGMENTS');
  const needed = playlist.removedDateRanges !== undefined ? 10 : playlist.skipped > 0 ? 9 : 6;
  if (playlist.version === undefined || playlist.version < needed) {
    say('version', `EXT-X-VERSION is ${playlist.version}, the tags used need ${needed}`);
  }
  checkControl(playlist, say);

  const all = [...playlist.segments, ...(playlist.open === undefined ? [] : [playlist.open])];
  all.forEach((segment, index) => {
    const name = segment.uri || `open segment ${segment.msn}`;
    // §4.4.3.1: rounded to the nearest integer, at most the target.
    if (target !== undefined && Math.round(segment.duration) > target) {
      say('target-duration', `${name} lasts ${segment.duration} s, above the target of ${target} s`);
    }
    if (!(segment.duration > 0)) say('target-duration', `${name} lasts ${segment.duration} s`);
    if (segment.map === undefined && playlist.skipped === 0) say('map', `${name} has no EXT-X-MAP`);
    if (segment.date === undefined) say('program-date-time', `${name} has no EXT-X-PROGRAM-DATE-TIME`);
    checkParts(segment, partTarget, segment === playlist.open, say);
    const before = all[index - 1];
    if (before !== undefined) checkContinuity(before, segment, say);
  });
  if (partTarget === undefined && all.some((segment) => segment.parts.length > 0)) {
    say('required-tags', 'EXT-X-PART without EXT-X-PART-INF');
  }
  if (partTarget !== undefined && !playlist.ended && playlist.hint === undefined && !mayLackHint(playlist)) {
    say('hint-missing', 'the list is open and has no EXT-X-PRELOAD-HINT');
  }
  for (const { uri, gap, parts } of all) {
    // §4.4.4.9: parts of a segment that is not there are not there either, and the other way round.
    if (parts.some((part) => part.gap !== gap)) say('gap', `${uri}: EXT-X-GAP and GAP=YES do not agree`);
  }
  if (playlist.ended && playlist.hint !== undefined) say('hint-missing', 'a hint beside EXT-X-ENDLIST');
  if (partTarget !== undefined) checkPartListing(playlist, all, say);
  checkDateRanges(playlist.dateRanges, say);
  return found;
}

/** What comes next cannot be named yet: another run, whose EXT-X-DISCONTINUITY stands there, or what follows a gap. */
function mayLackHint({ open, tail, segments }: PlaylistText): boolean {
  return open === undefined && (tail.discontinuity || segments.at(-1)?.gap === true);
}

type Say = (rule: Rule, message: string) => void;

/** §4.4.3.8. */
function checkControl({ serverControl, targetDuration: target = 0, partTarget }: PlaylistText, say: Say) {
  const number = (name: string) => {
    const text = serverControl.get(name);
    return text === undefined ? undefined : Number(text);
  };
  const holdBack = number('HOLD-BACK');
  const partHoldBack = number('PART-HOLD-BACK');
  const skipUntil = number('CAN-SKIP-UNTIL');
  if (holdBack !== undefined && !(holdBack >= 3 * target)) {
    say('control', `HOLD-BACK ${holdBack} is below 3 × ${target}`);
  }
  if (partTarget !== undefined && !(partHoldBack !== undefined && partHoldBack >= 2 * partTarget)) {
    say('control', `PART-HOLD-BACK ${partHoldBack} is below 2 × ${partTarget}`);
  }
  if (partTarget !== undefined && serverControl.get('CAN-BLOCK-RELOAD') !== 'YES') {
    say('control', 'parts are listed, CAN-BLOCK-RELOAD is not YES');
  }
  if (skipUntil !== undefined && !(skipUntil >= 6 * target)) {
    say('control', `CAN-SKIP-UNTIL ${skipUntil} is below 6 × ${target}`);
  }
  if (serverControl.has('CAN-SKIP-DATERANGES') && skipUntil === undefined) {
    say('control', 'CAN-SKIP-DATERANGES without CAN-SKIP-UNTIL');
  }
}

/** §4.4.4.9 and §4.4.3.7. */
function checkParts(segment: ListedSegment, partTarget: number | undefined, open: boolean, say: Say) {
  if (partTarget === undefined) return;
  segment.parts.forEach((part, index) => {
    if (!(part.duration > 0 && part.duration <= partTarget + ROUNDING)) {
      say('part-length', `${part.uri} lasts ${part.duration} s, PART-TARGET is ${partTarget} s`);
    }
    const last = index === segment.parts.length - 1;
    // The last one of an open segment may turn out to be its last one for good.
    if (!last && !part.independent && part.duration < 0.85 * partTarget - ROUNDING) {
      say('part-length', `${part.uri} lasts ${part.duration} s, less than 85 % of ${partTarget} s`);
    }
  });
  const sum = segment.parts.reduce((total, part) => total + part.duration, 0);
  if (!open && segment.parts.length > 0 && Math.abs(sum - segment.duration) > 0.001 + ROUNDING) {
    say('part-sum', `the parts of ${segment.uri} last ${sum} s, its EXTINF says ${segment.duration} s`);
  }
}

function checkContinuity(before: ListedSegment, segment: ListedSegment, say: Say) {
  if (segment.discontinuity || before.date === undefined || segment.date === undefined) {
    return;
  }
  const drift = (segment.date - before.date) / 1000 - before.duration;
  if (Math.abs(drift) > 0.002 + ROUNDING) {
    say('date-continuity', `${segment.uri || segment.msn} begins ${drift} s off the end of ${before.uri}`);
  }
  if (before.map !== undefined && segment.map !== undefined && before.map !== segment.map) {
    say('map', `EXT-X-MAP changes at ${segment.uri || segment.msn} without EXT-X-DISCONTINUITY`);
  }
}

/** §6.2.2: parts stand at the end of the list, and none more than three target durations behind it. */
function checkPartListing({ targetDuration = 0 }: PlaylistText, all: readonly ListedSegment[], say: Say) {
  let behind = 0;
  let bare: string | undefined;
  for (const segment of all.toReversed()) {
    const listed = segment.parts.length > 0;
    if (listed && behind >= 3 * targetDuration + ROUNDING) {
      say('part-listing', `parts of ${segment.uri} are listed ${behind} s behind the end`);
    }
    if (listed && bare !== undefined) {
      say('part-listing', `parts of ${segment.uri} are listed, those of ${bare} behind it are not`);
    }
    if (!listed) bare ??= segment.uri;
    behind += segment.duration;
  }
}

/** §4.4.5.1. */
function checkDateRanges(ranges: readonly Attributes[], say: Say) {
  const ids = new Set<string>();
  for (const range of ranges) {
    const id = range.get('ID') ?? '';
    if (id === '') say('daterange-form', 'EXT-X-DATERANGE without ID');
    if (ids.has(id)) say('daterange-form', `EXT-X-DATERANGE ${id} stands there twice`);
    ids.add(id);
    if (Number.isNaN(Date.parse(range.get('START-DATE') ?? ''))) {
      say('daterange-form', `EXT-X-DATERANGE ${id} has no START-DATE`);
    }
    const duration = range.get('DURATION');
    if (duration !== undefined && !(Number(duration) >= 0)) {
      say('daterange-form', `EXT-X-DATERANGE ${id} has DURATION ${duration}`);
    }
  }
}
