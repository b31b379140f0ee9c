import { fromSeconds, type Microseconds } from '../clock.ts';
import { type FrameMarking, isFault, readFrameMarking } from '../hls/frame-marker.ts';
import { depthAndValues } from '../hls/marker-data.ts';
import { MOST_MARKERS } from '../hls/marker-rules.ts';

/**
 * Frames as lines and bytes: a line of JSON, and behind it exactly the bytes of the picture. This is the form in which
 * other programs hand over frames, and in which pictures go out to detectors of any language.
 */

/** The line before a frame's pixels, as a program writes it. Every field may be left out. */
export interface FrameLine {
  /** Presentation time on the writer's own clock, in seconds. Without it: when its last byte came. */
  readonly pts?: number;
  /** The writer's own number of the frame, rising; else frames are counted from 0. */
  readonly seq?: number;
  /** Markers that begin at this frame, as `POST /markers` takes them, but without a time; or ends of such. */
  readonly markers?: readonly unknown[];
  /** Boxes and outlines of this very frame. */
  readonly objects?: readonly unknown[];
  /** The number of an earlier frame: this line says something more of that one, and no pixels follow it. */
  readonly of?: number;
}

/** Whether a line stands alone: it speaks of an earlier frame. */
export function isAlone(line: Readonly<Record<string, unknown>>): boolean {
  return line.of !== undefined && line.of !== null;
}

/** A line is no longer than this, in bytes, its end included. */
export const LONGEST_LINE = 262_144;

/** No time of a writer lies further from 0, in seconds: microseconds stay whole numbers. */
export const FURTHEST = 8e9;

/** How deep and how much the objects of one frame may be. */
const [DEEPEST_OBJECTS, MOST_OBJECT_VALUES] = [16, 100_000];

/** What a line says, checked. */
export interface ReadLine {
  readonly pts: Microseconds | undefined;
  readonly seq: number | undefined;
  readonly markers: readonly FrameMarking[];
  readonly objects: readonly unknown[] | undefined;
  /** The number of the earlier frame that it speaks of, where it stands alone. */
  readonly of: number | undefined;
  /** What is wrong with it, and was left out. */
  readonly faults: readonly string[];
  /** Its time is wrong, so that nobody knows where the frame belongs. */
  readonly misplaced: boolean;
}

/** Reads what stands in a line: what is wrong with one field costs only that field, but for the time. */
export function readFrameLine(line: Readonly<Record<string, unknown>>): ReadLine {
  const faults: string[] = [];
  const { pts, seq, markers, objects, of, ...unknown } = line;
  const known = { pts: readPts(pts), seq: readNumber(seq), markers: readMarkers(markers, faults) };
  const earlier = readNumber(of);
  if (known.pts === 'wrong') faults.push(`/pts is ${shown(pts)}; it must be a number of seconds`);
  if (known.seq === 'wrong') faults.push(`/seq is ${shown(seq)}; it must be a whole number from 0 on`);
  if (earlier === 'wrong') faults.push(`/of is ${shown(of)}; it must be the number of a frame`);
  if (isAlone(line) && (known.pts !== undefined || known.seq !== undefined))
    faults.push('/pts and /seq are of a picture; a line with of has none');
  const sound = objects === undefined || areObjects(objects);
  if (!sound) faults.push(`/objects is not an array of objects, or too deep or too large`);
  for (const name of Object.keys(unknown))
    faults.push(
      `/${name.slice(0, 64)} is not a field of a frame; it takes pts, seq, markers and objects, or of`,
    );
  return {
    pts: known.pts === 'wrong' ? undefined : known.pts,
    seq: known.seq === 'wrong' ? undefined : known.seq,
    markers: known.markers,
    objects: sound ? (objects as readonly unknown[] | undefined) : undefined,
    of: earlier === 'wrong' ? undefined : earlier,
    faults,
    misplaced: known.pts === 'wrong',
  };
}

function readPts(pts: unknown): Microseconds | undefined | 'wrong' {
  if (pts === undefined || pts === null) return undefined;
  return typeof pts === 'number' && Math.abs(pts) <= FURTHEST ? fromSeconds(pts) : 'wrong';
}

function readNumber(given: unknown): number | undefined | 'wrong' {
  if (given === undefined || given === null) return undefined;
  return typeof given === 'number' && Number.isSafeInteger(given) && given >= 0 ? given : 'wrong';
}

function readMarkers(markers: unknown, faults: string[]): FrameMarking[] {
  if (markers === undefined || markers === null) return [];
  if (!Array.isArray(markers) || markers.length > MOST_MARKERS) {
    faults.push(`/markers is not an array of at most ${MOST_MARKERS} markers`);
    return [];
  }
  return markers.flatMap((given: unknown, index) => {
    const read = readFrameMarking(given);
    if (!isFault(read)) return [read];
    faults.push(`/markers/${index}${read.path} ${read.message}`);
    return [];
  });
}

function areObjects(objects: unknown): boolean {
  if (!Array.isArray(objects) || !objects.every((one) => typeof one === 'object' && one !== null))
    return false;
  const { depth, values } = depthAndValues(objects, DEEPEST_OBJECTS, MOST_OBJECT_VALUES);
  return depth <= DEEPEST_OBJECTS && values <= MOST_OBJECT_VALUES;
}

/** A value as an error shows it: its kind, where it is not short. */
function shown(value: unknown): string {
  return typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : typeof value === 'string'
      ? JSON.stringify(value.slice(0, 40))
      : Array.isArray(value)
        ? 'an array'
        : 'an object';
}
