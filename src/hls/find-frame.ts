import { fromSeconds, type Microseconds } from '../clock.ts';
import { listedOpenParts, type MediaState } from './playlist-log.ts';
import { type FrameSpan, framesIn, type ShownFrame } from './source-frames.ts';

/** A frame to be found: by its number, or by a time on the source's clock. */
export type WantedFrame = { readonly number: number } | { readonly sourcePts: Microseconds };

/**
 * Where a frame is: its PTS; `later` when it may come still; else it is not in the media, and `next` is the first one
 * behind it that is, where one is known.
 */
export type FoundFrame =
  | { readonly pts: Microseconds }
  | 'later'
  | { readonly pts: undefined; readonly next: ShownFrame | undefined };

/** What is so much ahead of the newest frame is not about to come. */
const SOON: Microseconds = fromSeconds(10);

/** A span with its place. */
interface Placed extends FrameSpan {
  readonly first: ShownFrame;
  readonly pts: Microseconds;
  /** Where the part ends. */
  readonly end: Microseconds;
}

/** Finds a frame in what is listed; of several that fit (a source may begin to count anew) the newest. */
export function findFrame(state: MediaState, wanted: WantedFrame): FoundFrame {
  return 'number' in wanted
    ? byNumber(newestFirst(state), wanted.number)
    : byTime(newestFirst(state), wanted.sourcePts);
}

/** Whether any frame that is listed has a number: those of cameras and modules, for example, have none. */
export function haveNumbers(state: MediaState): boolean {
  for (const { number } of newestFirst(state)) if (number !== undefined) return true;
  return false;
}

function byNumber(spans: Iterable<Placed>, wanted: number): FoundFrame {
  let next: ShownFrame | undefined;
  for (const { first, pts, at, number } of spans) {
    if (number === undefined) continue;
    const last = number + at.length - 1;
    // Numbers rise: where they do not, somebody else has counted.
    if (next?.number !== undefined && last >= next.number) break;
    if (wanted > last) return next === undefined ? 'later' : { pts: undefined, next };
    const found = at[wanted - number];
    if (found !== undefined) return { pts: pts + found };
    next = first;
  }
  return next === undefined ? 'later' : { pts: undefined, next };
}

function byTime(spans: Iterable<Placed>, wanted: Microseconds): FoundFrame {
  let newer: Placed | undefined;
  let next: ShownFrame | undefined;
  for (const span of spans) {
    const { first, offset, end } = span;
    const until = newer?.offset === offset ? newer.first.pts : end;
    const pts = wanted + offset;
    if (pts >= first.pts && pts < until) return { pts };
    if (newer === undefined && pts >= until && pts - until <= SOON) return 'later';
    if (newer !== undefined && pts >= until && wanted < newer.first.sourcePts)
      return { pts: undefined, next: newer.first };
    if (wanted < first.sourcePts) next = first;
    newer = span;
  }
  return newer === undefined ? 'later' : { pts: undefined, next };
}

function* newestFirst(state: MediaState): Generator<Placed> {
  for (const { pts, duration, frames } of listedOpenParts(state).reverse())
    yield* placed(pts, pts + duration, frames);
  for (let index = state.segments.length - 1; index >= 0; index -= 1) {
    const segment = state.segments[index];
    if (segment === undefined) continue;
    let end = segment.pts + segment.duration;
    for (const { duration, frames } of segment.parts.toReversed()) {
      yield* placed(end - duration, end, frames);
      end -= duration;
    }
  }
}

function* placed(
  pts: Microseconds,
  end: Microseconds,
  spans: readonly FrameSpan[] | undefined,
): Generator<Placed> {
  for (const span of (spans ?? []).toReversed()) {
    const [first] = framesIn([span], pts);
    if (first !== undefined) yield { ...span, first, pts, end };
  }
}
