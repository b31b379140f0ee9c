import { Feed } from '../feed.ts';
import type { LogEntry, LogEvent } from '../store.ts';
import type { KeptEntry } from './journal.ts';
import type { MemoryLog } from './log.ts';

interface FollowHooks {
  readonly toEntry: (entry: KeptEntry) => LogEntry;
  readonly onEnd: () => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Follows a log by remembering a place in it and nothing else: a reader that stands still holds no memory,
 * however far it falls behind. If entries it has not seen are trimmed away, it is told to begin anew.
 *
 * @param after number of the last entry seen; `elsewhere` when the reader comes with a cursor of another log
 */
export function followLog(
  log: MemoryLog,
  after: number | 'elsewhere' | undefined,
  { toEntry, onEnd, signal }: FollowHooks,
): Feed<LogEvent> {
  let elsewhere = after === 'elsewhere';
  // Whoever has folded nothing yet has missed nothing when the front is trimmed away.
  let seen = after === 'elsewhere' ? undefined : after;
  const take = (): LogEvent | undefined => {
    if (elsewhere || (seen !== undefined && !log.joins(seen))) {
      elsewhere = false;
      seen = undefined;
      return { type: 'reset' };
    }
    const entry = log.after(seen ?? -1);
    if (entry === undefined) return undefined;
    seen = entry.number;
    return { type: 'entry', ...toEntry(entry) };
  };
  const feed = new Feed({
    take,
    onEnd: () => {
      forget();
      onEnd();
    },
    signal,
  });
  const forget = feed.ended ? () => {} : log.onAppend(() => feed.wake());
  return feed;
}
