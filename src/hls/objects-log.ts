import type { Microseconds } from '../clock.ts';

/**
 * The objects of a stream's frames on their way into the files that lie beside its Media Segments, as an ordered log. Its
 * order decides what belongs into which file: an entry behind that which closes a segment is too late for it, for every
 * reader alike, whoever dies meanwhile. Objects are in it as JSON, which goes out as it came in. Pure.
 */

/** What one source says of one frame. */
export interface LoggedObjects {
  readonly pts: Microseconds;
  /** Who says so. */
  readonly source: string;
  /** JSON of an array of {@link ./frame-objects.ts FrameObject}. */
  readonly objects: string;
  /** Its PTS was named by whoever says so, and is not that of a picture that was seen. */
  readonly named?: true;
}

/** What sources say of frames. Said again of the same frame by the same source, it takes the place of what was said before. */
interface FramesEntry {
  readonly type: 'frames';
  readonly frames: readonly LoggedObjects[];
  /** Chosen by who wants to know what became of it: it is taken as a whole or not at all. */
  readonly request?: string;
}

/** Frames that show the picture of another one once more, and its objects with it. */
interface RepeatedEntry {
  readonly type: 'repeated';
  readonly frames: readonly { readonly pts: Microseconds; readonly of: Microseconds }[];
}

/**
 * A run of the encoder begins behind what is listed: what was said until here of frames behind this PTS is of pictures that
 * were seen, but are in no media. The first frame of the run may have the very PTS of such a one.
 */
interface BeginsEntry {
  readonly type: 'begins';
  readonly at: Microseconds;
}

/** Nothing more is taken for frames before this PTS, where the Media Segment ends that is named. */
interface ClosedEntry {
  readonly type: 'closed';
  readonly epoch: string;
  readonly msn: number;
  readonly before: Microseconds;
  /** There were objects in this epoch. */
  readonly any: boolean;
  /** The log's owner knows of something to be written, whatever the log holds: it may have been lost a moment ago. */
  readonly some: boolean;
}

/** The file of this Media Segment is written, unless it would hold nothing. */
interface WrittenEntry {
  readonly type: 'written';
  readonly epoch: string;
  readonly msn: number;
  readonly before: Microseconds;
}

/** One entry of the log. */
export type ObjectsEntry = FramesEntry | RepeatedEntry | BeginsEntry | ClosedEntry | WrittenEntry;

/** Name of the log of {@link ObjectsEntry} of a stream. */
export function objectsLogName(stream: string): string {
  return `objects/${stream}`;
}

/** The store's key of the epoch in which a stream had objects last. */
export function objectsKey(stream: string): string {
  return `objects/${stream}`;
}

/** Beyond so many bytes of what is in no file yet the oldest goes. */
export const MOST_BYTES = 32 * 1024 * 1024;

/** Of so many sources it is remembered what they said last. */
const MOST_SOURCES = 256;

/** The fold of the log. Changed in place by {@link applyObjectsEntry}. */
export interface ObjectsState {
  /** Whose Media Segments are closed and written. */
  epoch: string | undefined;
  /** Media Sequence Number of the newest that is closed; −1 for none. */
  closed: number;
  /** What is said of frames before this is too late. */
  before: Microseconds;
  /** Media Sequence Number of the newest whose file is written; −1 for none. */
  written: number;
  /** There were objects in this epoch. */
  any: boolean;
  /** What is in no file yet, by frame and source, in the order in which it came. */
  readonly frames: Map<string, LoggedObjects>;
  /** Roughly how much that is, in bytes. */
  bytes: number;
  /** What was said last, by source. */
  readonly newest: Map<string, LoggedObjects>;
  /** Frames that show once more what the one of this PTS showed. */
  readonly repeated: Map<Microseconds, Microseconds[]>;
}

/** What an entry has changed. */
export interface ObjectsChange {
  /** What is new. */
  readonly taken: readonly LoggedObjects[];
  /** What is not so after all. */
  readonly withdrawn: readonly LoggedObjects[];
  /** What was too late. */
  readonly late: readonly LoggedObjects[];
  /** What is known by this of repeated frames: to be appended by the log's owner. */
  readonly echoes: readonly LoggedObjects[];
}

/** The fold of an empty log. */
export function emptyObjectsState(): ObjectsState {
  return {
    ...{ epoch: undefined, closed: -1, before: Number.NEGATIVE_INFINITY, written: -1, any: false },
    ...{ frames: new Map(), bytes: 0, newest: new Map(), repeated: new Map() },
  };
}

const NOTHING: ObjectsChange = { taken: [], withdrawn: [], late: [], echoes: [] };

/** Folds one entry into `state`; entries already folded change nothing. */
export function applyObjectsEntry(state: ObjectsState, entry: ObjectsEntry): ObjectsChange {
  if (entry.type === 'frames') return takeFrames(state, entry);
  if (entry.type === 'repeated') return takeRepeated(state, entry);
  if (entry.type === 'begins') return withdraw(state, entry.at);
  if (entry.epoch !== state.epoch) {
    // The first entry that names an epoch comes behind what was said of it.
    const any = state.epoch === undefined && state.any;
    Object.assign(state, { epoch: entry.epoch, closed: -1, written: -1, any });
  }
  state.closed = Math.max(state.closed, entry.msn);
  state.before = Math.max(state.before, entry.before);
  if (entry.type === 'written') release(state, entry.before);
  else state.any ||= entry.any;
  // Whatever is not written yet is in the log: where nothing is, nothing will be written.
  const isWritten = entry.type === 'written' || !(entry.some || hasObjectsBefore(state, entry.before));
  if (isWritten) state.written = Math.max(state.written, entry.msn);
  return NOTHING;
}

function takeFrames(state: ObjectsState, { frames, request }: FramesEntry): ObjectsChange {
  const late = frames.filter(({ pts }) => pts < state.before);
  if (request !== undefined && late.length > 0) return { ...NOTHING, late };
  const taken: LoggedObjects[] = [];
  const echoes: LoggedObjects[] = [];
  for (const frame of frames) {
    if (frame.pts < state.before) continue;
    const key = keyOf(frame);
    const known = state.frames.get(key);
    if (known?.objects === frame.objects) continue;
    state.bytes += sizeOf(frame) - (known === undefined ? 0 : sizeOf(known));
    state.frames.set(key, frame);
    state.any = true;
    taken.push(frame);
    remember(state, frame);
    for (const pts of state.repeated.get(frame.pts) ?? []) echoes.push({ ...frame, pts });
  }
  for (const [key, oldest] of state.frames) {
    if (state.bytes <= MOST_BYTES) break;
    forget(state, key, oldest);
  }
  return { ...NOTHING, taken, late, echoes };
}

function takeRepeated(state: ObjectsState, { frames }: RepeatedEntry): ObjectsChange {
  const echoes: LoggedObjects[] = [];
  for (const { pts, of } of frames) {
    const known = state.repeated.get(of) ?? [];
    if (pts < state.before || known.includes(pts)) continue;
    state.repeated.set(of, [...known, pts]);
    for (const [source, newest] of state.newest) {
      const original =
        state.frames.get(keyOf({ pts: of, source })) ?? (newest.pts === of ? newest : undefined);
      if (original !== undefined) echoes.push({ ...original, pts });
    }
  }
  return { ...NOTHING, echoes };
}

/** Of pictures behind this PTS nothing is left. */
function withdraw(state: ObjectsState, at: Microseconds): ObjectsChange {
  const withdrawn: LoggedObjects[] = [];
  for (const [key, frame] of state.frames) {
    if (frame.pts < at || frame.named) continue;
    forget(state, key, frame);
    withdrawn.push(frame);
  }
  for (const [source, { pts, named }] of state.newest) if (pts >= at && !named) state.newest.delete(source);
  keepRepeated(state, (pts) => pts < at);
  return { ...NOTHING, withdrawn };
}

/** Whether something is in no file yet of frames before this PTS. */
export function hasObjectsBefore({ frames }: Readonly<ObjectsState>, before: Microseconds): boolean {
  for (const { pts } of frames.values()) if (pts < before) return true;
  return false;
}

/** What lies before this PTS is in a file, or nowhere. */
function release(state: ObjectsState, before: Microseconds): void {
  for (const [key, frame] of state.frames) if (frame.pts < before) forget(state, key, frame);
  keepRepeated(state, (pts) => pts >= before);
}

function keepRepeated({ repeated }: ObjectsState, keeps: (pts: Microseconds) => boolean): void {
  for (const [of, frames] of repeated) {
    const left = frames.filter(keeps);
    if (left.length === 0) repeated.delete(of);
    else repeated.set(of, left);
  }
}

function remember({ newest }: ObjectsState, frame: LoggedObjects): void {
  const known = newest.get(frame.source);
  if (known !== undefined && known.pts > frame.pts) return;
  newest.delete(frame.source);
  newest.set(frame.source, frame);
  for (const oldest of newest.keys()) {
    if (newest.size <= MOST_SOURCES) break;
    newest.delete(oldest);
  }
}

function forget(state: ObjectsState, key: string, frame: LoggedObjects): void {
  if (state.frames.delete(key)) state.bytes -= sizeOf(frame);
}

function keyOf({ pts, source }: Pick<LoggedObjects, 'pts' | 'source'>): string {
  return `${pts} ${source}`;
}

function sizeOf({ source, objects }: LoggedObjects): number {
  return 64 + source.length + objects.length;
}
