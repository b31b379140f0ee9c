import { type Milliseconds, toMilliseconds } from '../clock.ts';
import type { GapWriter } from './gap-writer.ts';
import type { Outage } from './outage.ts';
import type { PackagerOptions } from './packager-options.ts';
import type { Run } from './run.ts';
import type { Silence } from './silence.ts';

/** Real pictures may be this late, in milliseconds, before the last one is repeated in their place. */
const LATENESS = 120;

/** How a packager stands. */
interface PackagerState {
  readonly run: Run | undefined;
  readonly gap: GapWriter | undefined;
  readonly outage: Outage;
  readonly silence: Silence;
  /** There has been a picture. */
  readonly begun: boolean;
  /** No run begins before this, in monotonic milliseconds. */
  readonly notBefore: Milliseconds;
}

/** Milliseconds until something must be listed in place of a frame; undefined to wait for as long as it takes. */
export function dueIn(
  { run, gap, outage, silence, begun, notBefore }: PackagerState,
  { inputLoss = 'pause', paced = true }: PackagerOptions,
  now: Milliseconds,
): Milliseconds | undefined {
  if (!paced) return undefined;
  if (gap !== undefined) return Math.min(gap.due, outage.due) - now;
  // Counted from the last arrival, so that for a source whose clock drifts nothing is repeated by mistake.
  if (run?.shown !== undefined)
    return toMilliseconds((run.planner.deadline ?? 0) - run.shown.pts) + LATENESS - (now - run.shown.at);
  if (!begun || inputLoss === 'pause') return undefined;
  if (inputLoss === 'gap') return silence.limit - silence.lasts(now);
  // The encoder has left; nothing comes that it could go on with.
  return notBefore - now;
}
