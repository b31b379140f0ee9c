import type { Anchor, EpochMicroseconds, Microseconds } from '../../src/clock.ts';
import { dateOf, fromIsoDate, fromSeconds, toIsoDate } from '../../src/clock.ts';

/** Addresses that open the page at one frame. Pure. */

/** Where a link leads. */
export type LinkTarget =
  | { readonly kind: 'marker'; readonly id: string }
  | { readonly kind: 'date'; readonly date: EpochMicroseconds }
  | { readonly kind: 'pts'; readonly pts: Microseconds }
  /** It names a time that is none. */
  | { readonly kind: 'unreadable'; readonly text: string };

/** A PTS in seconds: no sign, no exponent. */
const SECONDS = /^\d{1,12}(\.\d{1,9})?$/;

/**
 * Reads where the address leads: `#marker=<id>`, which wins, or `?t=` with an ISO date or a PTS in seconds;
 * undefined if it names no place.
 */
export function readLink({ search, hash }: Pick<URL, 'search' | 'hash'>): LinkTarget | undefined {
  const id = new URLSearchParams(hash.slice(1)).get('marker');
  if (id) return { kind: 'marker', id };
  const text = new URLSearchParams(search).get('t')?.trim();
  if (!text) return undefined;
  // In a query a plus sign stands for a space, and that is how the zone of a date arrives.
  const date = fromIsoDate(text.replace(' ', '+'));
  if (date !== undefined) return { kind: 'date', date };
  if (SECONDS.test(text)) return { kind: 'pts', pts: fromSeconds(Number(text)) };
  return { kind: 'unreadable', text };
}

/** The address of one frame of a stream. @param base any address of the page; its own place is left out */
export function frameLink(base: string, stream: string, date: EpochMicroseconds): string {
  const url = pageOf(base, stream);
  url.searchParams.set('t', toIsoDate(date));
  return url.href;
}

/** The address of a marker. */
export function markerLink(base: string, stream: string, id: string): string {
  const url = pageOf(base, stream);
  url.hash = new URLSearchParams({ marker: id }).toString();
  return url.href;
}

function pageOf(base: string, stream: string): URL {
  const url = new URL(base);
  url.hash = '';
  url.search = new URLSearchParams({ stream }).toString();
  return url;
}

/** The date of a PTS by the nearest known anchor, for each run of the encoder has its own. */
export function dateOfPts(anchors: Iterable<Anchor>, pts: Microseconds): EpochMicroseconds | undefined {
  let nearest: Anchor | undefined;
  for (const anchor of anchors) {
    if (nearest === undefined || Math.abs(anchor.pts - pts) < Math.abs(nearest.pts - pts)) nearest = anchor;
  }
  return nearest === undefined ? undefined : dateOf(nearest, pts);
}

/** Where a date stands: in the window, before it, soon to come, or not within reach. */
export type Reach = 'inside' | 'gone' | 'soon' | 'ahead';

/** What is drawn is on its way to the playlist: so far ahead of the edge it is worth waiting for. */
const ON_ITS_WAY: Microseconds = fromSeconds(10);

/** Whether the frame of a date can be shown, when the window reaches from `start` to `edge`. */
export function reachOf(
  date: EpochMicroseconds,
  { start, edge }: { start: EpochMicroseconds; edge: EpochMicroseconds },
): Reach {
  // Dates in links are cut to a millisecond.
  if (date < start - 1000) return 'gone';
  if (date < edge) return 'inside';
  return date < edge + ON_ITS_WAY ? 'soon' : 'ahead';
}
