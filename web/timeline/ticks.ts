import { type EpochMicroseconds, fromSeconds } from '../../src/clock.ts';
import { clockText, localText } from '../dom/clock-text.ts';
import type { DateRange } from './view.ts';

/** A line across the time axis. */
export interface Tick {
  readonly date: EpochMicroseconds;
  /** Time of day, or the day; undefined for the lines between. */
  readonly label: string | undefined;
}

const SECOND = fromSeconds(1);
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Distances between labels, and how many parts lines divide them into: what is round on a clock. */
const steps: readonly (readonly [step: number, parts: number])[] = [
  ...within(SECOND / 10, [1, 2], [2, 2], [5, 5]),
  ...within(SECOND, [1, 2], [2, 2], [5, 5], [10, 5], [15, 3], [30, 3]),
  ...within(MINUTE, [1, 4], [2, 2], [5, 5], [10, 5], [15, 3], [30, 3]),
  ...within(HOUR, [1, 4], [2, 2], [3, 3], [6, 6], [12, 6], [24, 6]),
];

function within(unit: number, ...each: [step: number, parts: number][]): [number, number][] {
  return each.map(([step, parts]) => [step * unit, parts]);
}

/**
 * Round times of day in view, ascending, at most one label for each `least` of the range's length (0 to 1).
 * @param zone minutes to add to UTC for the viewer's time of day.
 */
export function ticksOf({ start, end }: DateRange, least: number, zone: number): readonly Tick[] {
  const length = end - start;
  if (!(length > 0)) return [];
  const [step, parts] = steps.find(([each]) => each >= least * length) ?? [
    Math.ceil((least * length) / (24 * HOUR)) * 24 * HOUR,
    1,
  ];
  const minor = step / parts;
  const shift = zone * MINUTE;
  const ticks: Tick[] = [];
  for (let count = Math.ceil((start + shift) / minor); count * minor - shift <= end; count += 1) {
    const date = Math.round(count * minor - shift);
    ticks.push({ date, label: count % parts === 0 ? labelOf(date, step) : undefined });
  }
  return ticks;
}

function labelOf(date: EpochMicroseconds, step: number): string {
  if (step >= 24 * HOUR) return localText(date).slice(5, 10);
  if (step < SECOND) return clockText(date, true).slice(0, -2);
  return step < MINUTE ? clockText(date) : clockText(date).slice(0, 5);
}
