import type { ListedSegment, PlaylistText } from './playlist-text.ts';
import type { Violation } from './violation.ts';

/** What the last hint said, and what was listed then. */
interface Pending {
  readonly uri: string;
  /** The segment that was open or next, and how many parts of it were listed. */
  readonly msn: number;
  readonly parts: number;
}

/** A hint comes true: the part it names is the next one listed, but for an end or a break (§4.4.5.3). */
export class HintMemory {
  #pending: Pending | undefined;

  check(playlist: PlaylistText): Violation[] {
    const found: Violation[] = [];
    const pending = this.#pending;
    const all = [...playlist.segments, ...(playlist.open === undefined ? [] : [playlist.open])];
    const verdict = pending === undefined || playlist.ended ? 'kept' : judge(pending, all);
    if (verdict === 'broken') {
      found.push({ rule: 'hint-broken', message: `${pending?.uri} was hinted, something else came` });
    }
    const msn = playlist.open?.msn ?? playlist.mediaSequence + playlist.segments.length;
    if (verdict !== 'open') {
      this.#pending =
        playlist.hint === undefined
          ? undefined
          : { uri: playlist.hint, msn, parts: playlist.open?.parts.length ?? 0 };
    }
    return found;
  }
}

/** `open`: nothing came yet, or nobody knows whether what comes next is a break. */
function judge(pending: Pending, all: readonly ListedSegment[]): 'kept' | 'broken' | 'open' {
  const segment = all.find(({ msn }) => msn === pending.msn);
  // No longer listed, or not with its parts: too late to tell.
  if (segment === undefined) return all.some(({ msn }) => msn > pending.msn) ? 'kept' : 'open';
  if (segment.parts.length === 0) return 'kept';
  let next = segment.parts[pending.parts];
  let afterBreak = segment.discontinuity && pending.parts === 0;
  if (next === undefined) {
    const successor = all.find(({ msn }) => msn === pending.msn + 1);
    if (segment.uri === '' || successor === undefined) return 'open';
    next = successor.parts[0];
    afterBreak = successor.discontinuity;
  }
  return next === undefined || next.uri === pending.uri || afterBreak ? 'kept' : 'broken';
}
