/**
 * What time it is at the server, learnt from the Date header of its answers. A viewer's own clock may be
 * minutes off, and latency is measured against it. Pure; all values in milliseconds since the Unix epoch.
 *
 * A Date header has whole seconds, so one answer only bounds the offset (server minus viewer); many answers at
 * different moments bound it tightly. As long as zero is within the bounds the viewer's clock is believed.
 */
export interface ServerClock {
  /** The offset is at least this. */
  readonly low: number;
  /** The offset is at most this. */
  readonly high: number;
}

/** One answer: when it was asked for and received by the viewer's clock, and what its Date header said. */
export interface DateSample {
  readonly sentAt: number;
  readonly receivedAt: number;
  readonly date: number;
}

/** Nothing known yet. */
export const unknownServerClock: ServerClock = { low: -Infinity, high: Infinity };

/** The server wrote `date` (cut to the second) after the request was sent and before the answer was received. */
export function learn(clock: ServerClock, { sentAt, receivedAt, date }: DateSample): ServerClock {
  if (!Number.isFinite(date)) return clock;
  const sample = { low: date - receivedAt, high: date + 1000 - sentAt };
  const low = Math.max(clock.low, sample.low);
  const high = Math.min(clock.high, sample.high);
  // Bounds that contradict each other mean that one of the two clocks was set: begin again.
  return low <= high ? { low, high } : sample;
}

/** Best guess of the offset to add to the viewer's clock. */
export function offsetOf({ low, high }: ServerClock): number {
  if (low <= 0 && high >= 0) return 0;
  if (low === -Infinity || high === Infinity) return 0;
  return (low + high) / 2;
}
