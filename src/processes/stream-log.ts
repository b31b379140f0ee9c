import type { Logger } from 'pino';
import { hasCode, toErrorRecord } from '../errors.ts';
import type { LogLine } from '../ffmpeg/log-line.ts';
import type { Holder } from '../lease/holder.ts';
import type { PackagerEvent } from '../packager/packager-events.ts';
import type { RetentionOptions } from '../packager/retention-options.ts';
import { LineLimit } from '../program/line-limit.ts';
import type { SourceLog } from '../source/log.ts';
import type { Store } from '../store/store.ts';
import { isAway } from '../store/store-return.ts';
import type { ProblemReport } from './problem-report.ts';

/** What the stream child logs of its packager. */

/** Logs what happened, one line an event. */
export function logEvent(log: Logger): (event: PackagerEvent) => void {
  return (event) => {
    if (event.type === 'run') log.info({ run: event.run, encoder: event.pid }, 'encoder started');
    else if (event.type === 'stalled') {
      log.warn(
        { seconds: event.seconds },
        'no frames from the source; the encoder is closed until they return',
      );
    } else if (event.type === 'silent') {
      const { seconds, filler } = event;
      log.warn({ seconds, filler }, 'no frames from the source; filler is listed until they return');
    } else if (event.type === 'back')
      log.info({ seconds: event.seconds }, 'frames come from the source again');
    else if (event.type === 'taken-up') {
      const { unlisted, delisted } = event;
      if (unlisted > 0) log.warn({ files: unlisted }, 'media that was written but never listed is removed');
      if (delisted > 0)
        log.info({ files: delisted }, 'media that is not listed any more goes when nobody can ask for it');
    } else if (event.type === 'anchored') {
      const { seconds } = event;
      log.warn({ seconds }, 'frame after frame came late: the clock of the source is behind and set anew');
    } else if (event.type === 'encoder-failed') {
      log.error(toErrorRecord(event.error), 'the encoder failed; going on after a discontinuity');
    } else if (event.type === 'clock-set') {
      const { seconds } = event;
      log.warn(
        { seconds },
        'the wall clock was set, or this machine slept; dates follow it after a discontinuity',
      );
    } else if (event.type === 'storage-failed') {
      log.error(toErrorRecord(event.error), 'media cannot be stored; gaps are listed until it can');
    } else if (event.type === 'storage-back') {
      log.info({ seconds: event.seconds }, 'media can be stored again');
    } else log.warn(toErrorRecord(event.error), 'old media could not be removed');
  };
}

/** Logs what the encoder's ffmpeg says: an error is for operators, a warning only for who looks closer. */
export function logEncoder(log: Logger, now = () => performance.now()): (line: LogLine) => void {
  const limit = new LineLimit(now);
  return ({ level, text }) => {
    const kind = level === 'warning' ? 'debug' : 'warn';
    if (!log.isLevelEnabled(kind)) return;
    const { logged, omitted } = limit.next();
    if (omitted > 0) log.warn({ lines: omitted }, 'the encoder said more than is logged');
    if (logged) log[kind]({ ffmpeg: text }, 'the encoder says');
  };
}

/** The log of a source, which also reports what keeps it from being read. */
export function sourceLog(log: Logger, problems: ProblemReport): SourceLog {
  return {
    info: (facts, message) => log.info(facts, message),
    warn: (facts, message) => log.warn(facts, message),
    broken: (error) => void problems.report(error),
  };
}

/** Logs that the store takes nothing. */
export function logTrouble(log: Logger): (error: unknown) => void {
  return (error) =>
    log.warn(toErrorRecord(error), 'the store does not answer; it is told all as soon as it does');
}

/** Logs that the marker log could not be kept short; a store that is away, or another encoder, says so elsewhere. */
export function logMarkers(log: Logger): (error: unknown) => void {
  return (error) => {
    const isFenced = hasCode(error, 'STORE_FENCED');
    if (!isAway(error) && !isFenced) log.warn(toErrorRecord(error), 'the marker log could not be kept short');
  };
}

/** Logs what became of earlier epochs. */
export function logEarlier(log: Logger): Pick<RetentionOptions, 'removed' | 'spared' | 'failed'> {
  return {
    spared: (epochs, until) =>
      log.warn(
        { epochs, until },
        'the store was damaged, and does not know these folders of epochs any more: their media cannot be played, and stays on the disk for now',
      ),
    removed: (epochs, why) =>
      log.info(
        { epochs },
        why === 'over'
          ? 'nothing is kept of earlier epochs any more: their media and logs are removed'
          : 'folders of epochs that the store does not know are removed',
      ),
    failed: (error) => {
      if (!isAway(error)) log.warn(toErrorRecord(error), 'what is kept could not be looked after yet');
    },
  };
}

/** Logs that what is listed takes more room than there is to be. */
export function logFull(log: Logger): (bytes: number, limit: number) => void {
  return (bytes, limit) =>
    log.warn(
      { bytes, limit },
      'what the playlist lists takes more than --retain-size; shorten --window, lower --bitrate, or allow more',
    );
}

/** Logs, once, that thumbnails cannot be made or removed; the stream goes on without. */
export function logThumbnails(log: Logger): (error: unknown) => void {
  let warned = false;
  return (error) => {
    if (!warned) log.warn(toErrorRecord(error), 'a thumbnail failed; the stream goes on without it');
    warned = true;
  };
}

/** Logs whenever the store goes away or is back; returns the stop. */
export function logStore(log: Logger, store: Store): () => void {
  return store.onState((state) => {
    if (state === 'down') log.warn('the store is away; going on until it is back');
    else log.info('the store is there');
  });
}

/** Logs how waiting for a lease goes, and tells `waiting` of each holder waited for. */
export function logLease(
  log: Logger,
  waiting: (holder: Holder) => void,
): { onWaiting(holder: Holder): void; onTrouble(error: unknown): void } {
  return {
    onWaiting(holder) {
      log.info({ active: { host: holder.host, pid: holder.pid } }, 'standing by');
      waiting(holder);
    },
    onTrouble: (error) => log.warn(toErrorRecord(error), 'waiting for the store'),
  };
}

/** How often counts are logged while they grow, in milliseconds. */
const COUNTS_EVERY = 10_000;

/** Logs counts of what went missing once in a while, when they have grown; returns the stop. */
export function logCounts(log: Logger, read: () => Readonly<Record<string, number>>): () => void {
  let before = missing(read());
  const timer = setInterval(() => {
    const counts = read();
    const now = missing(counts);
    if (now > before) log.warn(counts, 'frames were skipped, repeated, late, or not shown to detectors');
    before = now;
  }, COUNTS_EVERY);
  timer.unref();
  return () => clearInterval(timer);
}

function missing({ taken: _, ...lost }: Readonly<Record<string, number>>): number {
  return Object.values(lost).reduce((sum, count) => sum + count, 0);
}
