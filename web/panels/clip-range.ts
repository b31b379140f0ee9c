import {
  type EpochMicroseconds,
  fromSeconds,
  type Microseconds,
  toIsoDate,
  toSeconds,
} from '../../src/clock.ts';
import { durationText } from '../dom/clock-text.ts';
import type { BoxSettings } from '../objects/box-settings.ts';

/** The stretch of a stream that is to become a file. Pure. */

/** Both ends, as far as they are set. */
export interface ClipRange {
  readonly from: EpochMicroseconds | undefined;
  readonly to: EpochMicroseconds | undefined;
}

/** Nothing chosen yet. */
export const noClip: ClipRange = Object.freeze({ from: undefined, to: undefined });

/** An instant gets this much on either side, so that there is something to see. */
const AROUND: Microseconds = 2_500_000;

/** The range of an event: all of it, up to `now` if it goes on; some seconds round an instant. */
export function clipOfEvent(
  { date, duration }: { date: EpochMicroseconds; duration: Microseconds | null },
  now: EpochMicroseconds,
): ClipRange {
  if (duration === 0) return { from: date - AROUND, to: date + AROUND };
  return { from: date, to: duration === null ? Math.max(now, date + AROUND) : date + duration };
}

/** What is to be said of the range: its length, or why it cannot be had. @param limit longest clip, seconds */
export function clipWords(
  { from, to }: ClipRange,
  limit: number | undefined,
): { text: string; isReady: boolean } {
  if (from === undefined || to === undefined)
    return { text: 'Set where it begins and ends.', isReady: false };
  const length = to - from;
  if (length <= 0) return { text: 'It ends before it begins.', isReady: false };
  if (limit !== undefined && toSeconds(length) > limit) {
    return {
      text: `${durationText(length)}: longer than the ${durationText(fromSeconds(limit))} allowed.`,
      isReady: false,
    };
  }
  return { text: durationText(length), isReady: true };
}

/** Address of the clip, below the path that the stream gives for its clips. @param boxes are painted into it */
export function clipUrl(
  path: string,
  { from, to }: { from: EpochMicroseconds; to: EpochMicroseconds },
  boxes?: BoxSettings,
): string {
  const query = new URLSearchParams({ from: toIsoDate(from), to: toIsoDate(to) });
  if (boxes !== undefined) {
    query.set('boxes', 'on');
    query.set('labels', boxes.labels ? 'on' : 'off');
    query.set('score', String(boxes.threshold / 100));
  }
  return `${path}?${query}`;
}
