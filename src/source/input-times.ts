import { type Microseconds, timeOfTicks } from '../clock.ts';
import type { Frame } from '../container/frame.ts';
import type { ArrivalStamps } from './arrival.ts';
import type { InputKind } from './input-kind.ts';
import { type InputFacts, isImages, isTimeless } from './input-report.ts';
import type { Arrival, Reading } from './reading.ts';
import { InputTimeline, type Timed } from './timeline.ts';

/** A picture with the times it is shown at. */
export interface TimedArrival extends Timed<Arrival> {
  /** When it was captured, where its PTS says that; else it is shown when its PTS is due. */
  readonly capturedAt?: Frame['capturedAt'];
}

/** Gives the pictures of one opening of an input their times, in order and each once. */
export interface InputTimes {
  /** Where the times come from: the input itself, the moment of arrival, or an even rate. */
  readonly from: 'input' | 'arrival' | 'rate';
  push(picture: Arrival): readonly TimedArrival[];
  /** Those that are still held: no more come. */
  flush(): readonly TimedArrival[];
}

/** What decides where the times of an input come from. */
export interface TimesOptions {
  readonly facts: InputFacts;
  readonly kind: InputKind;
  /** Wanted for pictures without times on standard input. */
  readonly timing: 'arrival' | 'rate';
  /** Nominal frames per second. */
  readonly frameRate: number;
  /** Stamps for pictures without times: the same over all openings. */
  readonly stamps: ArrivalStamps;
  /** Pictures of this input that came before. */
  readonly before: number;
}

/**
 * Where the times of an input come from. Times that ffmpeg invented are not trusted: what comes live is stamped on
 * arrival, and what lies there follows an even rate.
 */
export function createInputTimes(options: TimesOptions): InputTimes {
  const { kind, frameRate, stamps, before } = options;
  const interval = timeOfTicks(1, frameRate);
  const from = timesFrom(options);
  if (from === 'arrival') {
    return {
      from,
      push: (picture) => [{ picture, jumped: false, ...stamps.stamp(picture.at) }],
      flush: () => [],
    };
  }
  if (from === 'rate') {
    let count = before;
    return {
      from,
      push: (picture) => [{ picture, jumped: false, pts: evenly(count++, interval) }],
      flush: () => [],
    };
  }
  const timeline = new InputTimeline<Arrival>({ interval, live: kind === 'live' });
  return { from, push: (picture) => timeline.push(picture), flush: () => timeline.flush() };
}

/**
 * The nominal rate of an input: what it says itself if that is sensible, else what its first pictures show; what
 * has no times and no rate in its data has the one asked for.
 */
export async function inputRate(facts: InputFacts, reading: Reading, asked: number): Promise<number> {
  if (isTimeless(facts) && (isImages(facts) || facts.frameRate === undefined)) return asked;
  const { frameRate } = facts;
  if (frameRate === undefined || frameRate > 120) return reading.measureRate(asked);
  return Math.max(1, frameRate);
}

function timesFrom({ facts, kind, timing }: TimesOptions): InputTimes['from'] {
  if (!isTimeless(facts)) return 'input';
  if (kind === 'file') return 'rate';
  if (kind === 'pipe') return timing;
  // A download of known length lies there as a file does.
  return kind === 'remote' && facts.end !== undefined ? 'rate' : 'arrival';
}

function evenly(count: number, interval: number): Microseconds {
  return Math.round(count * interval);
}
