import { MARKER_CLASS, markerFaults } from './marker-rules.ts';

/** Something that is seen in one frame, and where. Coordinates are shares of the picture, 0 to 1, from its upper left. */
export interface FrameObject {
  /** What it is, for people; plain text, 1 to 100 characters. */
  readonly label: string;
  /** How certain that is, 0 to 1. */
  readonly score?: number | undefined;
  /** The same thing has the same one in other frames; 1 to 64 characters. */
  readonly track?: string | undefined;
  /** Groups objects for colour and filter, as a marker's; `[A-Za-z0-9_.:-]{1,64}`. */
  readonly class?: string | undefined;
  /** Left, top, width and height. */
  readonly box: readonly [number, number, number, number];
  /** Corners of its outline. */
  readonly outline?: readonly (readonly [number, number])[] | undefined;
}

/** What one source says of one frame: one that was analysed and shows nothing has no objects. */
export interface FrameObjectsJson {
  /** PTS of the frame, in seconds of the stream, exact to the microsecond. */
  readonly pts: number;
  /** Who says so: the name of a detector, `input` for what came with the frame, else the name it was posted with. */
  readonly source: string;
  readonly objects: readonly FrameObject[];
}

/** What lies beside a Media Segment as `<msn>.objects.json`; frames ascend by PTS. */
export interface ObjectsFileJson {
  readonly version: 1;
  readonly frames: readonly FrameObjectsJson[];
}

/** Data of an event of `objects/events`: of frames that came in the meantime. */
export interface ObjectsEventJson {
  readonly epoch: string;
  readonly frames: readonly FrameObjectsJson[];
}

/** Objects as whoever gave them wrote them, or what is wrong with them and where (JSON pointer). */
export type ReadObjects =
  | { readonly objects: readonly FrameObject[] }
  | { readonly fault: string; readonly at: string };

/** How many objects one frame may have. */
export const MOST_OBJECTS = 256;
/** How many corners an outline may have. */
const MOST_CORNERS = 256;
/** How many corners all outlines of a frame may have together. */
const MOST_CORNERS_A_FRAME = 4096;
/** A share is kept to this: a twentieth of a pixel of the largest picture. */
const STEPS = 100_000;

const FIELDS = new Set(['label', 'score', 'track', 'class', 'box', 'outline']);

/** Reads the objects of one frame. What goes a little beyond an edge, half a picture at most, is cut there. */
export function readObjects(value: unknown): ReadObjects {
  if (!Array.isArray(value)) return { fault: 'is not an array', at: '' };
  if (value.length > MOST_OBJECTS)
    return { fault: `holds ${value.length} objects; a frame has at most ${MOST_OBJECTS}`, at: '' };
  const objects: FrameObject[] = [];
  let corners = 0;
  for (const [index, given] of value.entries()) {
    const read = readObject(given as unknown);
    if ('fault' in read) return { fault: read.fault, at: `/${index}${read.at}` };
    corners += read.outline?.length ?? 0;
    if (corners > MOST_CORNERS_A_FRAME)
      return {
        fault: `brings the corners of all outlines above ${MOST_CORNERS_A_FRAME}`,
        at: `/${index}/outline`,
      };
    objects.push(read);
  }
  return { objects };
}

function readObject(given: unknown): FrameObject | { fault: string; at: string } {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return { fault: 'is not an object', at: '' };
  const { label, score, track, class: kind, box, outline } = given as Record<string, unknown>;
  const unknown = Object.keys(given).find((name) => !FIELDS.has(name));
  if (unknown !== undefined)
    return { fault: `has a field ${unknown.slice(0, 64)}; it takes ${[...FIELDS].join(', ')}`, at: '' };
  if (typeof label !== 'string' || label === '' || label.length > 100)
    return { fault: 'is not a text of 1 to 100 characters', at: '/label' };
  if (score !== undefined && score !== null && !isShare(score))
    return { fault: 'is not a number from 0 to 1', at: '/score' };
  const name = typeof track === 'number' && Number.isFinite(track) ? String(track) : (track ?? undefined);
  if (name !== undefined && (typeof name !== 'string' || name === '' || name.length > 64))
    return { fault: 'is not a text of 1 to 64 characters, or a number', at: '/track' };
  if (kind !== undefined && kind !== null && (typeof kind !== 'string' || !MARKER_CLASS.test(kind)))
    return { fault: markerFaults.class, at: '/class' };
  if (!Array.isArray(box) || box.length !== 4 || !box.every(isAboutAShare))
    return {
      fault: 'is not [left, top, width, height] as shares of the picture, each from 0 to 1',
      at: '/box',
    };
  const [x = 0, y = 0, width = 0, height = 0] = box as number[];
  const [left, top] = [withinPicture(x), withinPicture(y)];
  const [right, bottom] = [withinPicture(x + width), withinPicture(y + height)];
  if (right <= left || bottom <= top) return { fault: 'has no area in the picture', at: '/box' };
  const bad = outline === undefined || outline === null ? undefined : faultOfOutline(outline);
  if (bad !== undefined) return { fault: bad, at: '/outline' };
  return {
    label,
    ...(isShare(score) && { score: rounded(score) }),
    ...(name !== undefined && { track: name }),
    ...(typeof kind === 'string' && { class: kind }),
    box: [rounded(left), rounded(top), rounded(right - left), rounded(bottom - top)],
    ...(Array.isArray(outline) && {
      outline: (outline as number[][]).map(([x = 0, y = 0]) => [corner(x), corner(y)] as const),
    }),
  };
}

function faultOfOutline(outline: unknown): string | undefined {
  const isCorner = (corner: unknown) =>
    Array.isArray(corner) && corner.length === 2 && corner.every(isAboutAShare);
  if (Array.isArray(outline) && outline.length >= 3 && outline.length <= MOST_CORNERS)
    return outline.every(isCorner) ? undefined : 'has a corner that is not [x, y], each from 0 to 1';
  return `is not an array of 3 to ${MOST_CORNERS} corners`;
}

function isShare(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1;
}

/** Models find things that reach beyond the picture, by less than their own size mostly. */
const BEYOND = 0.5;

function isAboutAShare(value: unknown): value is number {
  return typeof value === 'number' && value >= -BEYOND && value <= 1 + BEYOND;
}

function withinPicture(place: number): number {
  return Math.min(1, Math.max(0, place));
}

function corner(place: number): number {
  return rounded(withinPicture(place));
}

function rounded(share: number): number {
  return Math.round(share * STEPS) / STEPS;
}
