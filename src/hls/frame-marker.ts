import { fromSeconds, type Microseconds } from '../clock.ts';
import { faultOfMarkerData } from './marker-data.ts';
import {
  DEFAULT_CLASS,
  LONGEST_DURATION,
  LONGEST_TEXT,
  MARKER_CLASS,
  MARKER_ID,
  markerFaults,
  RESERVED_IDS,
} from './marker-rules.ts';

/** A marker that comes with a frame, and begins at it. */
export interface FrameMarker {
  /** The writer's own name for it, by which it can be ended. */
  readonly id?: string;
  readonly text: string;
  readonly class: string;
  /** Null while the event goes on. 0 for an instant. */
  readonly duration: Microseconds | null;
  readonly data: Readonly<Record<string, unknown>>;
  readonly moved?: Moved;
}

/** The end of an event, which this frame does not show any more. */
export interface FrameMarkerEnd {
  /** As it was opened. */
  readonly id: string;
  readonly end: true;
  readonly moved?: Moved;
}

/** The frame that a marking belongs to is not in the media. */
export interface Moved {
  /** By how much that frame was earlier than the one that the marking came to instead. */
  readonly by: Microseconds;
  /** Number of that frame. */
  readonly number: number;
  /** Which of its markings it was. */
  readonly index: number;
}

/** What a frame may say of events. */
export type FrameMarking = FrameMarker | FrameMarkerEnd;

/** What is said of a frame when that is on its way already. */
export interface LateMarking {
  /** Number and PTS of the frame, as its source gave them. */
  readonly frame: { readonly number: number; readonly pts: Microseconds };
  /** With which frame it came, and which of what came with that one it is. */
  readonly origin: { readonly number: number; readonly index: number };
  readonly marking: FrameMarking;
}

/** What a frame shows, said when it is on its way already; takes the place of what was said of that before. */
export interface LateObjects extends Pick<LateMarking, 'frame'> {
  readonly objects: readonly unknown[];
}

/** What is wrong with a value, and where: a JSON pointer. */
export interface Fault {
  readonly path: string;
  readonly message: string;
}

const FIELDS = ['id', 'text', 'class', 'duration', 'data'];

/**
 * Reads a marker as `POST /markers` takes it, but without a time, for it is its frame's; or `{"id": …, "end": true}`.
 * Gives what it says, or the first thing that is wrong.
 */
export function readFrameMarking(value: unknown): FrameMarking | Fault {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return fault('', 'is not an object');
  const fields = new Map(Object.entries(value));
  const id = fields.get('id');
  if (id !== undefined) {
    if (typeof id !== 'string' || !MARKER_ID.test(id)) return fault('/id', markerFaults.id);
    if (RESERVED_IDS.includes(id)) return fault('/id', markerFaults.reservedId);
  }
  if (fields.has('end')) return readEnd(fields, id);
  const [unknown] = [...fields.keys()].filter((key) => !FIELDS.includes(key));
  if (unknown !== undefined)
    return fault(
      `/${unknown.slice(0, 64)}`,
      `is not a field of a frame's marker; it takes ${FIELDS.join(', ')} or end`,
    );
  const text = fields.get('text');
  if (typeof text !== 'string') return fault('/text', 'is not a text');
  if (text.length === 0) return fault('/text', markerFaults.emptyText);
  if ([...text].length > LONGEST_TEXT) return fault('/text', markerFaults.longText);
  const group = fields.has('class') ? fields.get('class') : DEFAULT_CLASS;
  if (typeof group !== 'string' || !MARKER_CLASS.test(group)) return fault('/class', markerFaults.class);
  const duration = fields.has('duration') ? fields.get('duration') : 0;
  if (duration !== null) {
    if (typeof duration !== 'number' || !Number.isFinite(duration))
      return fault('/duration', 'is neither a number of seconds nor null');
    if (duration < 0) return fault('/duration', markerFaults.negativeDuration);
    if (duration > LONGEST_DURATION) return fault('/duration', markerFaults.longDuration);
  }
  const data = fields.has('data') ? fields.get('data') : {};
  const wrong = faultOfMarkerData(data);
  if (wrong !== undefined) return fault('/data', wrong);
  return {
    ...(id !== undefined && { id }),
    ...{ text, class: group, duration: duration === null ? null : fromSeconds(duration) },
    data: data as Readonly<Record<string, unknown>>,
  };
}

function readEnd(fields: ReadonlyMap<string, unknown>, id: string | undefined): FrameMarking | Fault {
  if (fields.get('end') !== true) return fault('/end', 'is not true');
  if (id === undefined) return fault('/id', 'is missing: which marker ends?');
  if (fields.size > 2) return fault('', 'takes nothing but id beside end');
  return { id, end: true };
}

/** Whether something was wrong. */
export function isFault(read: FrameMarking | Fault): read is Fault {
  return 'path' in read;
}

/** Markings of a frame that is not in the media, for one that is so much later. */
export function moved(
  markings: readonly FrameMarking[],
  number: number,
  by: Microseconds,
): readonly FrameMarking[] {
  return markings.map((marking, index) => {
    const first = originOf(markings, index, number);
    return { ...marking, moved: { ...first, by: first.by + Math.max(0, by) } };
  });
}

/** Where a marking was made, which of those of a frame comes at `index`: of this frame, unless it was moved. */
export function originOf(markings: readonly FrameMarking[], index: number, number: number): Moved {
  // Those that were moved stand before the frame's own.
  const before = markings.filter(({ moved: from }) => from !== undefined).length;
  return markings[index]?.moved ?? { by: 0, number, index: index - before };
}

function fault(path: string, message: string): Fault {
  return { path, message };
}
