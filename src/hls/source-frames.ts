import type { Microseconds } from '../clock.ts';

/**
 * Which frames of the source a piece of media shows: with them a moment of the source's own clock, or the number of a
 * frame, leads to the stream's PTS, exactly, run for run. Pure.
 */

/** A frame of the source, as it is shown. */
export interface ShownFrame {
  /** In the media. */
  readonly pts: Microseconds;
  /** On the source's own clock. */
  readonly sourcePts: Microseconds;
  /** Counted by the source or its writer, where one does. */
  readonly number?: number | undefined;
}

/** Frames in a row of one Partial Segment, as its entry lists them. */
export interface FrameSpan {
  /** Their PTS, counted from the part's; of frames without numbers the first alone. */
  readonly at: readonly Microseconds[];
  /** By how much the stream's PTS is greater than the source's. */
  readonly offset: Microseconds;
  /** Number of the first one; each further one is the next. */
  readonly number?: number;
}

/** What the entry of a part that begins at `pts` says of its frames. */
export function frameSpans(frames: readonly ShownFrame[], pts: Microseconds): FrameSpan[] {
  const spans: { at: Microseconds[]; offset: Microseconds; number?: number }[] = [];
  for (const { pts: own, sourcePts, number } of frames) {
    const last = spans.at(-1);
    const offset = own - sourcePts;
    const next = last?.number === undefined ? undefined : last.number + last.at.length;
    if (last === undefined || last.offset !== offset || next !== number)
      spans.push({ at: [own - pts], offset, ...(number !== undefined && { number }) });
    else if (number !== undefined) last.at.push(own - pts);
  }
  return spans;
}

/** The frames that spans of a part at `pts` name. */
export function framesIn(spans: readonly FrameSpan[], pts: Microseconds): ShownFrame[] {
  return spans.flatMap(({ at, offset, number }) =>
    at.map((from, index) => ({
      pts: pts + from,
      sourcePts: pts + from - offset,
      number: number === undefined ? undefined : number + index,
    })),
  );
}
