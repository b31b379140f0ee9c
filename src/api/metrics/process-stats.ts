import { within } from '../../clock.ts';
import type { Store } from '../../store/store.ts';

/** What a process says of itself every few seconds, in the store's dictionary; names are those of the metrics. */
export interface ProcessStats {
  /** When it said so, in milliseconds since the Unix epoch. */
  readonly at: number;
  readonly [figure: string]: number;
}

/** How the figure begins that counts failed calls to the media storage; the operating system's code follows. */
export const STORAGE_FAILURES = 'storage_failures/';

/** Who says nothing for so long is gone, in milliseconds. */
const SILENT_MS = 15_000;

/** How long the store may take to tell, in milliseconds: metrics of this process come without it, too. */
const TIMEOUT_MS = 1000;

const PREFIX = 'stats/';

/** The store's key of what a process says. */
export function statsKey(process: string): string {
  return `${PREFIX}${process}`;
}

/** What the processes that live said last, by name; what the store does not tell in time is missing. */
export async function readProcessStats(
  store: Store,
  now: number,
): Promise<ReadonlyMap<string, ProcessStats>> {
  const found = new Map<string, ProcessStats>();
  const read = async () => {
    for (const key of await store.keys(PREFIX)) {
      const stats = (await store.get(key)) as ProcessStats | undefined;
      if (stats !== undefined && now - stats.at < SILENT_MS) found.set(key.slice(PREFIX.length), stats);
    }
  };
  await within(
    read().catch(() => {}),
    TIMEOUT_MS,
  );
  return new Map(found);
}
