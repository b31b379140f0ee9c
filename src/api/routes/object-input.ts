import type { z } from 'zod';
import { fromIsoDate, fromSeconds, type Microseconds, toSeconds } from '../../clock.ts';
import { readObjects } from '../../hls/frame-objects.ts';
import { liveEdge } from '../../hls/live-edge.ts';
import { ptsAtDate } from '../../hls/media-time.ts';
import { objectsText } from '../../hls/objects-file.ts';
import type { LoggedObjects } from '../../hls/objects-log.ts';
import type { MediaState } from '../../hls/playlist-log.ts';
import { FieldError } from '../http/http-error.ts';
import { newObjects } from '../http/schemas.ts';
import { AHEAD, check } from './marker-input.ts';

/** How many frames one request may speak of. */
export const MOST_FRAMES = 100;

/** Objects of a frame as a client gave them, and where in the body they stand. */
export interface ObjectsDraft {
  readonly draft: z.output<typeof newObjects>;
  /** JSON of the objects. */
  readonly objects: string;
  /** JSON pointer. */
  readonly path: string;
}

/**
 * Reads the body of `POST /objects`: what is said of a frame, or `frames` with several.
 * @throws FieldError INVALID_OBJECTS for the first thing that is wrong.
 */
export function readNewObjects(body: unknown): ObjectsDraft[] {
  const { frames, ...others } = (body ?? {}) as { readonly frames?: unknown };
  if (frames === undefined) return [readDraft(body, '')];
  const [other] = Object.keys(others);
  if (other !== undefined) throw invalid('', `frames and ${other.slice(0, 64)} came together; give one`);
  if (!Array.isArray(frames) || frames.length === 0 || frames.length > MOST_FRAMES)
    throw invalid('/frames', `is not an array of 1 to ${MOST_FRAMES} frames`);
  return frames.map((frame, index) => readDraft(frame, `/frames/${index}`));
}

/**
 * Where objects belong, by the clock of the stream.
 * @param found where their frame is, if they name one
 * @throws FieldError OBJECTS_OUT_OF_RANGE, INVALID_OBJECTS
 */
export function placeObjects(
  { draft, objects, path }: ObjectsDraft,
  state: MediaState,
  found: Microseconds | undefined,
): LoggedObjects {
  const pts = found ?? ptsOf(draft, state, path);
  const edge = liveEdge(state) ?? 0;
  if (pts > edge + AHEAD)
    throw new FieldError(
      'OBJECTS_OUT_OF_RANGE',
      path,
      `${toSeconds(pts)} s is ahead of the stream, which reaches to ${toSeconds(edge)} s; objects may be up to ${toSeconds(AHEAD)} s ahead`,
    );
  return { pts, source: draft.source, objects, named: true };
}

/**
 * What is too late for its file.
 * @param before files are written of all before it
 */
export function tooLate(frame: LoggedObjects, before: Microseconds): FieldError {
  return new FieldError(
    'OBJECTS_TOO_LATE',
    '',
    `objects at ${toSeconds(frame.pts)} s come too late: all before ${toSeconds(before)} s is written; send them within 2 s of the segment that their frame is in`,
  );
}

function ptsOf(
  { pts, time = pts, date }: ObjectsDraft['draft'],
  state: MediaState,
  path: string,
): Microseconds {
  if (time !== undefined) return fromSeconds(time);
  const at = fromIsoDate(date ?? '');
  if (at === undefined) throw invalid(`${path}/date`, 'is no ISO 8601 date with a zone');
  return ptsAtDate(state, at) ?? liveEdge(state) ?? 0;
}

function readDraft(value: unknown, path: string): ObjectsDraft {
  const draft = check(newObjects, value, path, 'INVALID_OBJECTS');
  const read = readObjects(draft.objects);
  if ('fault' in read) throw invalid(`${path}/objects${read.at}`, read.fault);
  return { draft, objects: objectsText(read.objects), path };
}

function invalid(path: string, message: string): FieldError {
  return new FieldError('INVALID_OBJECTS', path, message);
}
