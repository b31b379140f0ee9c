import type { Logger } from 'pino';
import { backOff, millisecondsToSeconds } from '../clock.ts';
import { HlsStreamError } from '../errors.ts';
import type { ProblemReport } from './problem-report.ts';

/** After how long a source without a first frame is reported, in milliseconds; then after twice that, and so on. */
const FIRST_MS = 10_000;
/** At the latest it is said again after this time, in milliseconds. */
const LONGEST_MS = 600_000;

/**
 * Says every now and then that a source has given no frame yet: a module that never yields, a program that writes
 * nothing. Until `came` is called.
 * @param heldOff so long it is not even opened, in milliseconds
 */
export function watchForFirstFrame(
  { source }: { readonly source: string },
  log: Logger,
  problems: ProblemReport,
  heldOff: number,
): { came(): void } {
  const since = performance.now() + heldOff;
  let timer: NodeJS.Timeout;
  const wait = (times: number) => {
    timer = setTimeout(
      () => {
        const seconds = Math.round(millisecondsToSeconds(performance.now() - since));
        const error = new HlsStreamError(
          'SOURCE_FAILED',
          `${silentName(source)} for ${seconds} s; waiting for it`,
        );
        log.error({ seconds }, error.message);
        void problems.report(error);
        wait(times + 1);
      },
      backOff(times, FIRST_MS, LONGEST_MS) + (times === 1 ? heldOff : 0),
    ).unref();
  };
  wait(1);
  return { came: () => clearTimeout(timer) };
}

function silentName(source: string): string {
  return source === '-' ? 'standard input has brought no frame' : `the source ${source} has given no frame`;
}
