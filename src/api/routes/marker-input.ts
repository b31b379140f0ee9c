import type { z } from 'zod';
import { fromIsoDate, fromSeconds, type Microseconds, toSeconds } from '../../clock.ts';
import { type ErrorCode, HlsStreamError } from '../../errors.ts';
import { liveEdge } from '../../hls/live-edge.ts';
import type { Marker } from '../../hls/marker-log.ts';
import { MOST_MARKERS } from '../../hls/marker-rules.ts';
import { dateAtPts, ptsAtDate } from '../../hls/media-time.ts';
import type { MediaState } from '../../hls/playlist-log.ts';
import { FieldError } from '../http/http-error.ts';
import { markerChanges, newMarker } from '../http/schemas.ts';

/** How far ahead of the live edge a marker, or what a frame shows, may be: what was drawn is on its way to the playlist. */
export const AHEAD: Microseconds = fromSeconds(10);

/** A marker as a client asked for it. */
type MarkerDraft = z.output<typeof newMarker>;

/** A marker to be made, and where in the body it stands. */
export interface PlacedDraft {
  readonly draft: MarkerDraft;
  /** JSON pointer. */
  readonly path: string;
}

/**
 * Reads the body of `POST /markers`: an object or an array of them.
 * @throws FieldError INVALID_MARKER for the first thing that is wrong.
 */
export function readNewMarkers(body: unknown): PlacedDraft[] {
  if (!Array.isArray(body)) return [{ draft: check(newMarker, body, ''), path: '' }];
  if (body.length === 0) throw new FieldError('INVALID_MARKER', '', 'the array is empty');
  if (body.length > MOST_MARKERS) {
    throw new FieldError(
      'INVALID_MARKER',
      '',
      `there are ${body.length} markers; send at most ${MOST_MARKERS} at once`,
    );
  }
  return body.map((item, index) => ({ draft: check(newMarker, item, `/${index}`), path: `/${index}` }));
}

/**
 * Reads the body of `PATCH /markers/{id}`.
 * @throws FieldError INVALID_MARKER for the first thing that is wrong.
 */
export function readMarkerChanges(body: unknown): z.output<typeof markerChanges> {
  return check(markerChanges, body, '');
}

/**
 * A value as its schema has it.
 * @throws FieldError with this code for the first thing that is wrong.
 */
export function check<T extends z.ZodType>(
  schema: T,
  value: unknown,
  path: string,
  code: ErrorCode = 'INVALID_MARKER',
): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const below = (issue?.path ?? []).map((key) => `/${String(key).replace(/~/g, '~0').replace(/\//g, '~1')}`);
  throw new FieldError(code, path + below.join(''), issue?.message ?? 'does not fit');
}

/**
 * PTS and date of a marker to be, by the clock of the stream.
 * @param found where its frame is, if it names one
 */
export function placeMarker(
  { draft, path }: PlacedDraft,
  state: MediaState,
  found?: Microseconds,
): Pick<Marker, 'pts' | 'date'> {
  const edge = liveEdge(state);
  if (edge === undefined) throw new HlsStreamError('NOT_READY', 'the stream has no picture yet; try again');
  let pts = found ?? edge;
  if (draft.time !== undefined) {
    pts = checkedPts(state, fromSeconds(draft.time), `${path}/time`);
  } else if (draft.date !== undefined) {
    const date = fromIsoDate(draft.date);
    if (date === undefined) {
      throw new FieldError('INVALID_MARKER', `${path}/date`, 'is no ISO 8601 date with a zone');
    }
    pts = checkedPts(state, ptsAtDate(state, date) ?? edge, `${path}/date`);
  }
  return { pts, date: dateAtPts(state, pts) ?? 0 };
}

/**
 * A time that is within the stream, or up to 10 s ahead of its live edge.
 * @throws FieldError MARKER_OUT_OF_RANGE
 */
export function checkedPts(state: MediaState, pts: Microseconds, path: string): Microseconds {
  const edge = liveEdge(state) ?? 0;
  const start = state.segments[0]?.pts ?? state.openParts[0]?.pts ?? edge;
  if (pts >= start && pts <= edge + AHEAD) return pts;
  throw new FieldError(
    'MARKER_OUT_OF_RANGE',
    path,
    `${toSeconds(pts)} s is outside the stream, which reaches from ${toSeconds(start)} to ${toSeconds(edge)} s; markers may be up to ${toSeconds(AHEAD)} s ahead`,
  );
}
