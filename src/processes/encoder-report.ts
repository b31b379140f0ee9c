import { randomBytes } from 'node:crypto';
import { type EncoderReport, encoderReportKey, REPORT_MS } from '../hls/encoder-report.ts';
import type { Store } from '../store/store.ts';

/**
 * Reports every second that the encoder of a stream works, for whoever wonders why no media comes. Returns the stop,
 * which takes the report away. A store that is away hears nothing of it.
 * @param frames frames taken from the source so far
 */
export function reportEncoder(store: Store, stream: string, frames: () => number): () => Promise<void> {
  const key = encoderReportKey(stream);
  const id = randomBytes(8).toString('hex');
  let last: EncoderReport = { id, beat: 0, frames: 0 };
  const report = () => {
    last = { id, beat: last.beat + 1, frames: frames() };
    store.set(key, last).catch(() => {});
  };
  report();
  const timer = setInterval(report, REPORT_MS);
  timer.unref();
  return async () => {
    clearInterval(timer);
    // Not that of an encoder which has taken over meanwhile.
    await store.compareAndSet(key, last, undefined).catch(() => {});
  };
}
