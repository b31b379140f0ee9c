import type { EpochMicroseconds, Microseconds } from '../clock.ts';
import { frontLength } from './bisect.ts';

/**
 * What is kept beyond the Media Playlist, as an ordered log of one entry for each page of Media Segments: the pages lie
 * in media storage beside them, so that nobody holds more than this table of contents, however much is kept. It reaches
 * over epochs, since PTS do.
 */

/** A page that can be read: successive Media Segments of one epoch, see {@link pageFile}. */
export interface RetainedPage {
  readonly type: 'page';
  readonly epoch: string;
  /** Media Sequence Numbers of its first and its last segment. */
  readonly first: number;
  readonly last: number;
  /** PTS at which the first begins and the last ends. */
  readonly pts: Microseconds;
  readonly end: Microseconds;
  /** The earliest and the latest date of any of its frames: the wall clock may have been set back within it. */
  readonly date: EpochMicroseconds;
  readonly endDate: EpochMicroseconds;
  /** Of its segments, and of what lies beside them. */
  readonly bytes: number;
  /** The runs of its segments, in order. */
  readonly runs: readonly string[];
  /** Those of its segments that have no file: EXT-X-GAP (§4.4.4.7). @default none */
  readonly gaps?: readonly number[];
  /** EXT-X-TARGETDURATION of its epoch. */
  readonly targetDuration: Microseconds;
}

/** What ended at this PTS or before is kept no longer; pages of which nothing is left are gone. */
export interface RetainedRemovedEntry {
  readonly type: 'removed';
  readonly before: Microseconds;
}

/** One entry of the log. */
export type RetainedEntry = RetainedPage | RetainedRemovedEntry;

/** The fold of the log. Changed in place by {@link applyRetainedEntry}. */
export interface RetainedState {
  /** Oldest first; their PTS ascend. */
  pages: RetainedPage[];
  /** Of the oldest page, what ended here or before is gone. */
  before: Microseconds;
  /** Grows with every change. */
  version: number;
}

/** Name of the log of {@link RetainedEntry} of a stream. */
export function retainedLogName(stream: string): string {
  return `retained/${stream}`;
}

/** The fold of an empty log. */
export function emptyRetainedState(): RetainedState {
  return { pages: [], before: Number.NEGATIVE_INFINITY, version: 0 };
}

/** Folds one entry; entries already folded change nothing. */
export function applyRetainedEntry(state: RetainedState, entry: RetainedEntry): void {
  if (entry.type === 'page') {
    const end = Math.max(state.pages.at(-1)?.end ?? Number.NEGATIVE_INFINITY, state.before);
    if (entry.end <= end) return;
    state.pages.push(entry);
  } else {
    if (entry.before <= state.before) return;
    state.before = entry.before;
    state.pages.splice(0, countOver(state.pages, entry.before));
  }
  state.version += 1;
}

/** How many of the oldest pages ended at this PTS or before. */
export function countOver(pages: readonly RetainedPage[], before: Microseconds): number {
  return frontLength(pages.length, (index) => (pages[index] as RetainedPage).end <= before);
}

/** PTS where what is kept begins, unless it begins in the Media Playlist. */
export function retainedFrom({ pages, before }: RetainedState): Microseconds | undefined {
  const [oldest] = pages;
  return oldest && Math.max(oldest.pts, before);
}

/** The Media Sequence Number with which the next page of an epoch begins; 0 where it has none. */
export function nextRetained({ pages }: RetainedState, epoch: string): number {
  const last = pages.findLast((page) => page.epoch === epoch);
  return last === undefined ? 0 : last.last + 1;
}
