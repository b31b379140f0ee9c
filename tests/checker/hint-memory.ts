import type { ListedPart, ListedSegment, PlaylistText } from './playlist-text.ts';
import type { Violation } from './violation.ts';

/** What the last hint said, and what was listed then. */
interface Pending {
  /** Undefined where nothing was hinted. */
  readonly uri: string | undefined;
  /** The segment that was open or next, and how many parts of it were listed. */
  readonly msn: number;
  readonly parts: number;
  /** The run that stood before the hint. */
  readonly tail: PlaylistText['tail'];
  /** The segment before it was visibly its run's last: whoever closed it knew that another follows. */
  readonly runOver: boolean;
}

/** How many segments of a run may be shorter than the rest, so that there is soon something to play. */
const OPENING = 2;

/** What came where something was hinted. */
interface Came {
  readonly part: ListedPart | undefined;
  readonly segment: ListedSegment;
}

/**
 * A hint comes true: the part it names is the next one listed, but for an end or a break (§4.4.5.3); and it comes in
 * the run whose EXT-X-MAP and EXT-X-DISCONTINUITY stood before the hint, or a player would decode it by the wrong one.
 */
export class HintMemory {
  #pending: Pending | undefined;
  #mostParts = 0;

  check(playlist: PlaylistText): Violation[] {
    const found: Violation[] = [];
    const pending = this.#pending;
    const all = [...playlist.segments, ...(playlist.open === undefined ? [] : [playlist.open])];
    const came = pending === undefined || playlist.ended ? 'kept' : findNext(pending, all);
    if (pending !== undefined && typeof came === 'object') {
      const afterBreak = came.segment.discontinuity && came.segment.parts[0] === came.part;
      if (pending.uri !== undefined && came.part?.uri !== pending.uri && !afterBreak)
        found.push({ rule: 'hint-broken', message: `${pending.uri} was hinted, something else came` });
      const fault = faultOf(pending, came.segment);
      if (fault !== undefined && (pending.uri === undefined || came.part?.uri === pending.uri))
        found.push({ rule: 'hint-run', message: fault });
    }
    for (const { parts } of playlist.segments) this.#mostParts = Math.max(this.#mostParts, parts.length);
    const { hint: uri, tail, open, mediaSequence, segments } = playlist;
    const parts = open?.parts.length ?? 0;
    const now = { uri, tail, parts, msn: open?.msn ?? mediaSequence + segments.length };
    const stays = came === 'open' && pending?.msn === now.msn && pending.parts === parts;
    if (stays && pending.uri !== undefined && pending.runOver && !sameRun(pending.tail, tail))
      found.push({
        rule: 'hint-run',
        message: `${pending.uri} was hinted, and then a discontinuity before it`,
      });
    if (came !== 'open' || stays) this.#pending = { ...now, runOver: parts === 0 && this.#endsRun(playlist) };
    return found;
  }

  /**
   * Whether the last segment is shorter than a planned one: nothing but the end of its run makes it so. The first ones of
   * a run are planned shorter.
   */
  #endsRun({ segments, partTarget = 0 }: PlaylistText): boolean {
    const last = segments.at(-1);
    const parts = last?.parts ?? [];
    const short = (parts.at(-1)?.duration ?? 0) < 0.85 * partTarget;
    const opens =
      segments
        .slice(-OPENING - 1)
        .filter(({ discontinuityNumber }) => discontinuityNumber === last?.discontinuityNumber).length <=
      OPENING;
    return parts.length > 0 && ((parts.length < this.#mostParts && !opens) || short);
  }
}

/** What is wrong with the run that a hint, or the lack of one, stood in. */
function faultOf({ uri, tail, parts, runOver }: Pending, segment: ListedSegment): string | undefined {
  // Within a segment its own tags are held against those of the version before.
  if (parts > 0) return undefined;
  if (uri === undefined) {
    if (!tail.discontinuity || segment.discontinuity) return undefined;
    return `an EXT-X-DISCONTINUITY stood before ${segment.uri || `segment ${segment.msn}`} and is gone`;
  }
  // A process that is killed between two segments has hinted at what it meant to write.
  if (sameRun(tail, segment) || (!tail.discontinuity && !runOver)) return undefined;
  return `${uri} was hinted behind ${tail.map}, discontinuity ${tail.discontinuityNumber}, and came behind ${segment.map}, ${segment.discontinuityNumber}`;
}

function sameRun(one: PlaylistText['tail'], other: PlaylistText['tail']): boolean {
  return one.map === other.map && one.discontinuityNumber === other.discontinuityNumber;
}

/** `open`: nothing came yet; `kept`: too late to tell. */
function findNext({ msn, parts }: Pending, all: readonly ListedSegment[]): Came | 'kept' | 'open' {
  const segment = all.find((one) => one.msn === msn);
  // No longer listed, or not with its parts.
  if (segment === undefined) return all.some((one) => one.msn > msn) ? 'kept' : 'open';
  if (segment.parts.length === 0) return 'kept';
  if (parts < segment.parts.length) return { part: segment.parts[parts], segment };
  const successor = all.find((one) => one.msn === msn + 1);
  if (segment.uri === '' || successor === undefined) return 'open';
  return successor.parts.length === 0 ? 'kept' : { part: successor.parts[0], segment: successor };
}
