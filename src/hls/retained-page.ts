import { mediaFolder, type SegmentEntry } from './playlist-log.ts';
import type { RetainedPage } from './retained-log.ts';
import type { StreamEntry } from './stream-log.ts';

/** A Media Segment that is kept: all but its Partial Segments, which nobody asks for any more, and its epoch. */
export type RetainedSegment = Omit<SegmentEntry, 'type' | 'parts'> & { readonly epoch: string };

/** The schema of a page as this program writes it. */
const SCHEMA = 1;

/** A page as it lies in storage. */
interface PageText {
  readonly schema: number;
  readonly segments: readonly Omit<RetainedSegment, 'epoch'>[];
}

/** How many Media Segments make up a page at most: a few kilobytes to read for some minutes of media. */
export const LARGEST_PAGE = 128;

/** Storage path of the page of an epoch that begins with this Media Sequence Number. */
export function pageFile(name: string, epoch: string, first: number): string {
  return `${mediaFolder(name, epoch)}/index-${first}.json`;
}

/** A segment of the Media Playlist as it is kept. */
export function retained({ type: _, parts: __, ...segment }: SegmentEntry, epoch: string): RetainedSegment {
  return { ...segment, epoch };
}

/** The text of a page. */
export function pageText(segments: readonly RetainedSegment[]): string {
  const page: PageText = { schema: SCHEMA, segments: segments.map(({ epoch: _, ...segment }) => segment) };
  return JSON.stringify(page);
}

/** Reads a page. Throws SyntaxError or TypeError for what is not one, and RangeError for one of a newer schema. */
export function readPage(text: string, epoch: string): RetainedSegment[] {
  const { schema, segments } = JSON.parse(text) as PageText;
  if (schema > SCHEMA) throw new RangeError(`it is of schema ${schema}, and this program knows ${SCHEMA}`);
  return segments.map((segment) => ({ ...segment, epoch }));
}

/** What the table of contents says of a page; undefined for no segments. */
export function describePage(
  segments: readonly RetainedSegment[],
  { targetDuration }: StreamEntry,
): RetainedPage | undefined {
  const first = segments[0];
  const last = segments.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const gaps = segments.filter(({ filler }) => filler?.kind === 'gap').map(({ msn }) => msn);
  return {
    type: 'page',
    ...(gaps.length > 0 && { gaps }),
    epoch: first.epoch,
    first: first.msn,
    last: last.msn,
    pts: first.pts,
    end: last.pts + last.duration,
    date: Math.min(...segments.map(({ date }) => date)),
    endDate: Math.max(...segments.map(({ date, duration }) => date + duration)),
    bytes: segments.reduce((sum, { bytes }) => sum + bytes, 0),
    runs: [...new Set(segments.map(({ run }) => run))],
    targetDuration,
  };
}
