import { type Microseconds, toIsoDate } from '../clock.ts';
import { listedFrom } from './listed-from.ts';
import type { DateRangeFacts, MarkerState } from './marker-log.ts';
import { liveEdge, type MediaState } from './playlist-log.ts';
import { quoted, seconds } from './render.ts';

/**
 * The ID of a date range: that of its marker, and the cursor under which the marker was opened. It is never that of
 * another (rfc8216bis §4.4.5.1), though a marker's id may be used again when its marker has been let go.
 */
export function dateRangeId({ id, opened }: DateRangeFacts): string {
  return opened === undefined ? id : `${id}@${opened}`;
}

const texts = new WeakMap<DateRangeFacts, string>();

/**
 * One EXT-X-DATERANGE line (rfc8216bis §4.4.5.1). X-TEXT is the marker's text as a quoted-string
 * ({@link quoted}), X-PTS the PTS of its first frame in seconds. No DURATION while the event goes on.
 */
export function renderDateRange(range: DateRangeFacts): string {
  let text = texts.get(range);
  if (text === undefined) {
    const duration = range.duration === null ? '' : `,DURATION=${seconds(range.duration)}`;
    text = `#EXT-X-DATERANGE:ID=${quoted(dateRangeId(range))},CLASS=${quoted(range.class)},START-DATE="${toIsoDate(range.date)}"${duration},X-TEXT=${quoted(range.text)},X-PTS=${seconds(range.pts)}\n`;
    texts.set(range, text);
  }
  return text;
}

/** What was listed last, and between which edges of the media it stays so. */
interface Listing {
  readonly version: number;
  /** Valid while the window starts in [startFrom, startTo] and the live edge is in [edgeFrom, edgeTo]. */
  readonly startFrom: Microseconds;
  readonly startTo: Microseconds;
  readonly edgeFrom: Microseconds;
  readonly edgeTo: Microseconds;
  readonly ranges: readonly DateRangeFacts[];
}

const listings = new WeakMap<MarkerState, Listing>();

/**
 * The date ranges the Media Playlist lists now, ascending by PTS: those of which any part maps to listed
 * media (§6.2.1: one may not leave before), open ones included; not yet those ahead of the live edge. The
 * same array comes back until something about it changes, so asking again costs nothing.
 */
export function listedDateRanges(media: MediaState, markers: MarkerState): readonly DateRangeFacts[] {
  const edge = liveEdge(media);
  if (edge === undefined) return [];
  const start = media.segments[0]?.pts ?? media.openParts[0]?.pts ?? edge;
  const known = listings.get(markers);
  if (
    known !== undefined &&
    known.version === markers.version &&
    known.startFrom <= start &&
    start <= known.startTo &&
    known.edgeFrom <= edge &&
    edge <= known.edgeTo
  ) {
    return known.ranges;
  }
  let startTo = Number.POSITIVE_INFINITY;
  let edgeTo = Number.POSITIVE_INFINITY;
  const ranges: DateRangeFacts[] = [];
  for (const range of markers.dateRanges.values()) {
    if (range.pts >= edge) {
      edgeTo = Math.min(edgeTo, range.pts);
      continue;
    }
    const end = dateRangeEnd(range, markers);
    if (end < start) continue;
    startTo = Math.min(startTo, end);
    ranges.push(range);
  }
  ranges.sort((a, b) => a.pts - b.pts || (a.id < b.id ? -1 : 1));
  listings.set(markers, {
    version: markers.version,
    startFrom: start,
    startTo,
    edgeFrom: edge,
    edgeTo,
    ranges,
  });
  return ranges;
}

/**
 * Ids of date ranges that left the list while the last `within` µs of media came, for
 * RECENTLY-REMOVED-DATERANGES (§6.2.5.1). It sees what {@link pruneMarkers} has left, so release no more than
 * `listedFrom(media, within)`. Some that left a little earlier may be among them, which does no harm.
 */
export function removedDateRanges(
  media: MediaState,
  markers: MarkerState,
  within: Microseconds,
): readonly string[] {
  const start = media.segments[0]?.pts;
  const from = listedFrom(media, within);
  if (start === undefined || from === undefined) return [];
  const ids: string[] = [];
  for (const range of markers.dateRanges.values()) {
    const end = dateRangeEnd(range, markers);
    if (end < start && end >= from) ids.push(dateRangeId(range));
  }
  return ids;
}

/** PTS where a date range ends; infinity while its event goes on. A marker deleted while open is an instant. */
export function dateRangeEnd(range: DateRangeFacts, markers: MarkerState): Microseconds {
  if (range.duration !== null) return range.pts + range.duration;
  return markers.markers.has(range.id) ? Number.POSITIVE_INFINITY : range.pts;
}
