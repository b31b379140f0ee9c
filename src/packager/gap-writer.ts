import {
  type EpochMicroseconds,
  fromMilliseconds,
  type Microseconds,
  type Milliseconds,
  toMilliseconds,
} from '../clock.ts';
import type { Filler } from '../hls/filler.ts';
import { newestSegment, type SegmentEntry } from '../hls/playlist-log.ts';
import { nextAnchor } from './epoch.ts';
import type { Publisher } from './publisher.ts';
import type { SegmentPlan } from './segment-planner.ts';

/** What a {@link GapWriter} works with. */
export interface GapOptions {
  readonly publisher: Publisher;
  readonly plan: SegmentPlan;
  readonly filler: Filler;
  /** By a monotonic clock. */
  readonly now: Milliseconds;
  /** The first gap begins where the last media ended, but not before this. */
  readonly notBefore: EpochMicroseconds;
}

/**
 * Lists EXT-X-GAP segments (rfc8216bis §4.4.4.7) behind the run that ended last, as time goes by: whole ones, since
 * nobody plays them, each as soon as its time is over.
 */
export class GapWriter {
  readonly #publisher: Publisher;
  readonly #plan: SegmentPlan;
  readonly #filler: Filler;
  /** When the present one began, by a monotonic clock. */
  #began: Milliseconds;
  /** Only the first is held back by it. */
  readonly #notBefore: EpochMicroseconds;
  #first = true;

  constructor({ publisher, plan, filler, now, notBefore }: GapOptions) {
    this.#publisher = publisher;
    this.#plan = plan;
    this.#filler = filler;
    this.#began = now;
    this.#notBefore = notBefore;
  }

  /** When the present segment is over, by the same clock. */
  get due(): Milliseconds {
    return this.#began + toMilliseconds(this.#plan.partsPerSegment * this.#plan.partTarget);
  }

  /** Lists the segments whose time is over. */
  advance(now: Milliseconds): void {
    while (this.due <= now) {
      const end = this.due;
      this.#list(Array(this.#plan.partsPerSegment).fill(this.#plan.partTarget));
      this.#began = end;
    }
  }

  /** The silence is over: lists what has gone by of the present segment. */
  end(now: Milliseconds): void {
    this.advance(now);
    const { partTarget } = this.#plan;
    const left = fromMilliseconds(now - this.#began);
    const whole = Math.floor(left / partTarget);
    // Less than a part is left to the discontinuity that follows.
    if (whole === 0) return;
    const rest = left - whole * partTarget;
    this.#list([...Array(whole).fill(partTarget), ...(rest > 0 ? [rest] : [])]);
  }

  #list(parts: readonly Microseconds[]): void {
    // What was hinted of the run that ended does not come, even where that closed with a gap.
    listGap(this.#publisher, parts, this.#filler, { notBefore: this.#notBefore, breaks: this.#first });
    this.#first = false;
  }
}

/** Lists so many gaps that are as short as can be, in place of media sequence numbers that must not be used. */
export function listGaps(publisher: Publisher, { partTarget }: SegmentPlan, count: number): void {
  const last = newestSegment(publisher.state);
  if (last === undefined) return;
  const filler: Filler = { kind: 'gap', since: last.date + last.duration };
  for (let left = count; left > 0; left -= 1) listGap(publisher, [partTarget], filler);
}

/** Lists a gap behind what was listed last, or where the calendar was then. */
function listGap(
  publisher: Publisher,
  parts: readonly Microseconds[],
  filler: Filler,
  { notBefore = 0, breaks = false } = {},
): void {
  const last = newestSegment(publisher.state);
  if (last === undefined) return;
  const end = { pts: last.pts + last.duration, date: last.date + last.duration };
  const jumps = notBefore > end.date;
  // Where the run ended a discontinuity stands already: nobody knew what would follow.
  const discontinuity = jumps || breaks || last.filler?.kind !== 'gap';
  const segment: SegmentEntry = {
    type: 'segment',
    msn: last.msn + 1,
    run: last.run,
    ...(jumps ? nextAnchor(publisher.state, undefined, notBefore) : end),
    duration: parts.reduce((sum, duration) => sum + duration, 0),
    bytes: 0,
    discontinuity,
    discontinuitySequence: last.discontinuitySequence + (discontinuity ? 1 : 0),
    filler,
    endsRun: true,
    parts: parts.map((duration) => ({ duration, independent: false, bytes: 0 })),
  };
  void publisher.playlist(segment);
}
