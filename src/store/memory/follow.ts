import { Feed } from '../feed.ts';
import type { LogEntry, LogEvent, StoreValue } from '../store.ts';
import type { MemoryLog } from './log.ts';

interface FollowHooks {
  readonly toEntry: (number: number, value: StoreValue) => LogEntry;
  readonly onEnd: () => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Follows a log by remembering a place in it and nothing else: a reader that stands still holds no memory,
 * however far it falls behind. If entries it has not seen are trimmed away, it is told to begin anew.
 *
 * @param seen number of the last entry seen; `elsewhere` when the reader comes with a cursor of another log
 */
export function followLog(
  log: MemoryLog,
  seen: number | 'elsewhere' | undefined,
  { toEntry, onEnd, signal }: FollowHooks,
): Feed<LogEvent> {
  let next = typeof seen === 'number' ? seen + 1 : log.first;
  // Whoever has folded nothing yet has missed nothing when the front is trimmed away.
  let folded = seen !== undefined;
  let elsewhere = seen === 'elsewhere' || next > log.next;
  const take = (): LogEvent | undefined => {
    if (elsewhere || (folded && next < log.first)) {
      elsewhere = false;
      folded = false;
      next = log.first;
      return { type: 'reset' };
    }
    next = Math.max(next, log.first);
    if (next >= log.next) return undefined;
    folded = true;
    next += 1;
    return { type: 'entry', ...toEntry(next - 1, log.at(next - 1)) };
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
