import type { Logger } from 'pino';
import type { Milliseconds } from '../clock.ts';
import { toErrorRecord } from '../errors.ts';
import type { OpenStorage } from '../storage/storage.ts';

/** How often it is looked for what nobody runs any more, in milliseconds. */
const EVERY_MS: Milliseconds = 3_600_000;

/** Removes, now and once an hour, what streams have left that nobody runs any more; returns the stop. */
export function removeAbandoned(media: OpenStorage, own: string, log: Logger): () => void {
  const remove = () => {
    media.removeAbandoned?.(own).then(
      (streams) => {
        if (streams.length > 0)
          log.info(
            { streams },
            'nobody runs these streams any more, and their time is over: they are removed',
          );
      },
      (error: unknown) => log.warn(toErrorRecord(error), 'what other streams left could not be looked at'),
    );
  };
  remove();
  const timer = setInterval(remove, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
