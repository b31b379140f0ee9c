import fc from '../property.ts';
import { SimulatedStream } from './simulated-stream.ts';

/** One segment of a legal stream: its parts, and what came before it. */
interface Step {
  /** Durations of the parts but the last, in µs: 85 to 100 % of PART-TARGET. */
  readonly parts: readonly number[];
  /** Duration of the last part, in µs. */
  readonly last: number;
  /** A new run begins before this segment, this many µs later; undefined: the run goes on. */
  readonly gap: number | undefined;
  /** The stream child dies after the parts: the segment is closed with what is there, and a run begins. */
  readonly dies: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  parts: fc.array(fc.integer({ min: 291_834, max: 343_333 }), { minLength: 1, maxLength: 5 }),
  last: fc.integer({ min: 20_000, max: 343_333 }),
  gap: fc.option(fc.integer({ min: 0, max: 90_000_000 }), { nil: undefined, freq: 6 }),
  dies: fc.boolean(),
});

/** What a stream may legally do, as fast-check plays it. */
export interface Legal {
  readonly steps: readonly Step[];
  /** In µs. */
  readonly window: number;
  readonly ends: boolean;
}

export const legal: fc.Arbitrary<Legal> = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 40 }),
  window: fc.integer({ min: 6_000_000, max: 40_000_000 }),
  ends: fc.boolean(),
});

/** Plays a legal stream; `look` is called after every entry of its logs. */
export function play(
  { steps, window, ends }: Legal,
  look: (played: SimulatedStream) => void,
): SimulatedStream {
  const played = new SimulatedStream({ window });
  played.onEntry = () => look(played);
  for (const [index, { parts, last, gap, dies }] of steps.entries()) {
    if (gap !== undefined) played.startRun(gap);
    for (const duration of parts) played.part(duration);
    if (dies && gap !== undefined) {
      played.close();
      played.startRun(1_000_000);
    } else played.part(last, true, steps[index + 1]?.gap !== undefined);
  }
  if (ends) played.end();
  return played;
}
