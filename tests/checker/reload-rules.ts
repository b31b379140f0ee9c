import type { ListedSegment, PlaylistText } from './playlist-text.ts';
import type { Rule, Violation } from './violation.ts';

/** Rounding slack of sums of six-digit decimals, in seconds. */
const ROUNDING = 0.000_002;

/** What must hold between one version of a Media Playlist and a later one (rfc8216bis §6.2.1, §6.2.2). */
export function checkReload(before: PlaylistText, after: PlaylistText): Violation[] {
  const found: Violation[] = [];
  const say = (rule: Rule, message: string) => found.push({ rule, message });
  checkParameters(before, after, say);
  if (after.mediaSequence < before.mediaSequence) {
    say(
      'media-sequence',
      `EXT-X-MEDIA-SEQUENCE went back from ${before.mediaSequence} to ${after.mediaSequence}`,
    );
  }
  if (after.discontinuitySequence < before.discontinuitySequence) {
    say(
      'discontinuity-sequence',
      `EXT-X-DISCONTINUITY-SEQUENCE went back from ${before.discontinuitySequence} to ${after.discontinuitySequence}`,
    );
  }
  if (before.ended && !after.ended) say('endlist-withdrawn', 'EXT-X-ENDLIST was there and is gone');
  if (endOf(after) < endOf(before)) {
    say('append-only', `the list ended before ${endOf(before)} and now before ${endOf(after)}`);
  }
  if (before.ended && endOf(after) > endOf(before)) say('after-endlist', 'segments came after EXT-X-ENDLIST');
  const known = new Map(after.segments.map((segment) => [segment.msn, segment]));
  for (const old of before.segments) {
    const segment = known.get(old.msn);
    if (segment !== undefined) {
      compareSegments(old, segment, say);
      compareParts(old, segment, after, say);
    }
  }
  checkOpen(before, after, say);
  checkRemoval(before, after, say);
  return found;
}

type Say = (rule: Rule, message: string) => void;

/** The first MSN that is not listed as a whole segment. */
function endOf(playlist: PlaylistText): number {
  return playlist.mediaSequence + playlist.skipped + playlist.segments.length;
}

/** §6.2.1, §4.4.3.7, §4.4.3.8: fixed for the life of the playlist. */
function checkParameters(before: PlaylistText, after: PlaylistText, say: Say) {
  const promises = (playlist: PlaylistText) =>
    new Map<string, unknown>([
      ['EXT-X-TARGETDURATION', playlist.targetDuration],
      ['PART-TARGET', playlist.partTarget],
      ...['PART-HOLD-BACK', 'HOLD-BACK', 'CAN-SKIP-UNTIL', 'CAN-BLOCK-RELOAD'].map(
        (name): [string, unknown] => [name, playlist.serverControl.get(name)],
      ),
    ]);
  const now = promises(after);
  for (const [name, value] of promises(before)) {
    if (now.get(name) !== value) say('promise-changed', `${name} went from ${value} to ${now.get(name)}`);
  }
}

function compareSegments(old: ListedSegment, segment: ListedSegment, say: Say) {
  const name = old.uri || `open segment ${old.msn}`;
  const fixed = ['date', 'discontinuity', 'map', ...(old.uri === '' ? [] : ['uri', 'duration'])] as const;
  for (const key of fixed as readonly (keyof ListedSegment)[]) {
    if (old[key] !== segment[key]) say('segment-changed', `${key} of ${name}: ${old[key]} → ${segment[key]}`);
  }
  if (old.discontinuityNumber !== segment.discontinuityNumber) {
    say(
      'discontinuity-sequence',
      `the discontinuity number of ${name} went from ${old.discontinuityNumber} to ${segment.discontinuityNumber}`,
    );
  }
}

function compareParts(old: ListedSegment, segment: ListedSegment, after: PlaylistText, say: Say) {
  if (old.parts.length === 0) return;
  const name = old.uri || `open segment ${old.msn}`;
  if (segment.parts.length < old.parts.length) {
    // Parts of segments that others follow may leave, all of them at once.
    const followed = after.segments.filter(({ msn }) => msn > segment.msn).length;
    if (segment.parts.length === 0 && followed >= 2) return;
    say('part-withdrawn', `${name} had ${old.parts.length} parts and has ${segment.parts.length}`);
  }
  if (old.uri !== '' && segment.parts.length > old.parts.length) {
    say('part-changed', `${name} was closed with ${old.parts.length} parts and has ${segment.parts.length}`);
  }
  segment.parts.forEach((part, index) => {
    const was = old.parts[index];
    if (was === undefined) return;
    if (was.uri !== part.uri || was.duration !== part.duration || was.independent !== part.independent) {
      say('part-changed', `${JSON.stringify(was)} → ${JSON.stringify(part)}`);
    }
  });
}

function checkOpen(before: PlaylistText, after: PlaylistText, say: Say) {
  const { open } = before;
  if (open === undefined) return;
  const now = after.open?.msn === open.msn ? after.open : after.segments.find(({ msn }) => msn === open.msn);
  if (now === undefined) {
    if (endOf(after) <= open.msn) {
      say('part-withdrawn', `the ${open.parts.length} parts of open segment ${open.msn} are gone`);
    }
    return;
  }
  compareSegments(open, now, say);
  compareParts(open, now, after, say);
}

/** §6.2.2: no segment may leave when less than three target durations would remain. */
function checkRemoval(before: PlaylistText, after: PlaylistText, say: Say) {
  if (after.mediaSequence <= before.mediaSequence) return;
  const left = after.segments.reduce((sum, segment) => sum + segment.duration, 0);
  if (left < 3 * (after.targetDuration ?? 0) - ROUNDING) {
    say('too-short', `segments left and only ${left} s of media remain`);
  }
}
