import type { EpochMicroseconds, Microseconds } from '../../src/clock.ts';
import { frontLength } from '../../src/hls/bisect.ts';
import type { MarkerList } from '../markers/marker-list.ts';
import { forEachVisible, type MarkerIndex } from './marker-index.ts';

/** What is drawn for markers of one row, and what the pointer finds there. Pure; places in CSS pixels. */
export interface Mark {
  /** Place in the index of its first marker. */
  readonly first: number;
  /** Markers in it; above 1 it is a cluster. */
  readonly count: number;
  /** Where its first marker begins; may lie left of the view. */
  readonly x: number;
  /** Where the head of its last marker ends: the part that is a tick for an instant. */
  readonly head: number;
  /** Where the last of its events ends. */
  readonly end: number;
  /** An event in it goes on. */
  readonly open: boolean;
  /** Its markers are not all of one class. */
  readonly mixed: boolean;
  /** Step it stands on, of `depth` that the row has here, so that events that overlap do not cover each other. */
  readonly level: number;
  readonly depth: number;
}

/** For each marker of a row its step, and the number of steps where it stands. */
export interface Stack {
  readonly levels: Uint8Array;
  readonly depths: Uint8Array;
}

/** From dates to pixels, and the dates that are in view. */
export interface Scale {
  readonly from: EpochMicroseconds;
  readonly to: EpochMicroseconds;
  readonly width: number;
  /** @param pts which moment is meant where the date names several */
  x(date: EpochMicroseconds, pts?: Microseconds): number;
}

/** How marks are laid out; pixels. */
export interface MarkShape {
  /** Width of a head. */
  readonly head: number;
  /** Heads nearer than this are one cluster. */
  readonly apart: number;
  /** A cluster is not wider than about this. */
  readonly widest: number;
}

/**
 * Lays out the markers in view, ascending by `x`. Heads that touch are one cluster; a run of them too wide for
 * that is divided at round dates, so nothing flickers while the view is panned or slides with live.
 */
export function layOutMarks(
  index: MarkerIndex,
  scale: Scale,
  shape: MarkShape,
  stack?: Stack,
): readonly Mark[] {
  const { markers, starts, ends } = index;
  const cell = cellLength(scale, shape.widest);
  const marks: Draft[] = [];
  const earlier = new Map<number, Draft>();
  let last: Draft | undefined;
  let lastCell = Number.NaN;
  let run = 0;
  for (const { at, x } of placesOf(index, scale)) {
    const start = starts[at] as number;
    const open = ends[at] === Infinity;
    const level = stack?.levels[at] ?? 0;
    const depth = stack?.depths[at] ?? 1;
    const head = x + shape.head;
    const end = Math.max(open ? scale.x(scale.to) : endOf(index, at, scale), head);
    const next: Draft = { first: at, count: 1, x, head, end, open, mixed: false, level, depth };
    if (head < 0) {
      // The heads of what began before the view are out of sight: one mark a level stands for all of them.
      const same = earlier.get(level);
      if (same !== undefined) {
        join(same, next, markers);
        [same.level, same.depth] = [level, Math.max(same.depth, depth)];
      } else {
        earlier.set(level, next);
        marks.push(next);
        run = marks.length;
      }
      continue;
    }
    const cellOfThis = Math.floor(start / cell);
    const touches = last !== undefined && x - last.head < shape.apart;
    if (!touches) {
      unite(marks, run, shape.widest, markers);
      run = marks.length;
    }
    if (last !== undefined && touches && cellOfThis === lastCell) {
      join(last, next, markers);
    } else {
      last = next;
      marks.push(next);
    }
    lastCell = cellOfThis;
  }
  unite(marks, run, shape.widest, markers);
  return marks;
}

/** The markers in view and where each begins, from left to right: once a clock was set back that is not by date. */
function placesOf(index: MarkerIndex, scale: Scale): readonly { readonly at: number; readonly x: number }[] {
  const places: { at: number; x: number }[] = [];
  let ascends = true;
  forEachVisible(index, scale.from, scale.to, (at) => {
    const x = Math.min(scale.x(index.starts[at] as number, index.markers[at]?.pts), scale.width);
    ascends &&= x >= (places.at(-1)?.x ?? x);
    places.push({ at, x });
  });
  return ascends ? places : places.sort((a, b) => a.x - b.x);
}

/** Where a marker that has ended does so. */
function endOf({ markers, starts, ends }: MarkerIndex, at: number, scale: Scale): number {
  const [start, end] = [starts[at] as number, ends[at] as number];
  const pts = markers[at]?.pts;
  return scale.x(end, pts === undefined ? undefined : pts + end - start);
}

/** Makes one cluster of a run of heads that touch, if it is not too wide. */
function unite(marks: Draft[], run: number, widest: number, markers: MarkerList): void {
  const into = marks[run];
  const until = marks.at(-1);
  if (into === undefined || until === undefined || until.head - into.x > widest) return;
  for (const mark of marks.splice(run + 1)) join(into, mark, markers);
}

function join(into: Draft, mark: Draft, markers: MarkerList): void {
  // A cluster takes the whole row.
  [into.level, into.depth] = [0, 1];
  into.count += mark.count;
  into.head = mark.head;
  into.end = Math.max(into.end, mark.end);
  into.open ||= mark.open;
  into.mixed ||= mark.mixed || markers[mark.first]?.class !== markers[into.first]?.class;
}

type Draft = { -readonly [Key in keyof Mark]: Mark[Key] };

/** The mark at `x`, or the nearest head within `reach`; heads win over what lies under them. */
export function markAt(marks: readonly Mark[], x: number, reach: number): Mark | undefined {
  let best: Mark | undefined;
  let distance = reach;
  let under: Mark | undefined;
  for (let at = firstFrom(marks, x + reach) - 1; at >= 0; at -= 1) {
    const mark = marks[at] as Mark;
    const away = x < mark.x ? mark.x - x : Math.max(0, x - mark.head);
    if (away <= distance && (best === undefined || away < distance)) {
      best = mark;
      distance = away;
    }
    if (under === undefined && mark.x <= x && x <= mark.end) under = mark;
    // Further left no head is in reach, and what lies under the pointer has been found.
    if (under !== undefined && mark.head < x - reach) break;
  }
  return best ?? under;
}

/** The first mark that begins at `x` or later; the number of marks if there is none. */
function firstFrom(marks: readonly Mark[], x: number): number {
  return frontLength(marks.length, (index) => (marks[index] as Mark).x <= x);
}

/** Clusters end at multiples of this, in microseconds: a power of two, so that it seldom changes. */
function cellLength({ from, to, width }: Scale, widest: number): number {
  const each = ((to - from) / Math.max(width, 1)) * widest;
  return 2 ** Math.floor(Math.log2(Math.max(each, 1)));
}
