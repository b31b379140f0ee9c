import { hasCode } from '../../errors.ts';
import type { LogEntry, ReadOptions, Store } from '../store.ts';

/** How many entries one read brings: those of a checkpoint are large. */
const PAGE = 250;

/**
 * All entries of a log, oldest first, however many there are. Begins anew when the log was emptied, or cut off in
 * front, between two reads. Rejects with STORE_*.
 */
export async function readAll(store: Store, log: string): Promise<LogEntry[]> {
  let entries: LogEntry[] = [];
  for (;;) {
    const last = entries.at(-1);
    const page = await readPage(store, log, { limit: PAGE, ...(last && { after: last.cursor }) });
    if (page === undefined) {
      entries = [];
      continue;
    }
    entries.push(...page);
    if (page.length < PAGE) return entries;
  }
}

async function readPage(store: Store, log: string, options: ReadOptions): Promise<LogEntry[] | undefined> {
  try {
    return await store.read(log, options);
  } catch (error) {
    if (hasCode(error, 'STORE_BAD_CURSOR')) return undefined;
    throw error;
  }
}
