import { fromEpochMilliseconds, toIsoDate } from '../../clock.ts';
import type { ProblemJson } from '../../hls/stream-json.ts';
import type { Store } from '../../store/store.ts';
import type { WallClock } from '../http/wall-clock.ts';

/** Why a process of a stream does not work, as it stands in the store's dictionary until it does again. */
export interface Problem {
  readonly code: string;
  /** A sentence for operators, without secrets. */
  readonly message: string;
  /** When it came first, in milliseconds since the Unix epoch. */
  readonly since: number;
  /** When it was reported last. */
  readonly at: number;
  /** How often it has come since then. */
  readonly times: number;
  /** It works again; only the count is kept, for the case that this does not last. */
  readonly solved: boolean;
}

/** The store's key of all problems: a dictionary by {@link problemEntry}. */
export const PROBLEMS_KEY = 'problems';

/** Where the problem of a process of a stream stands in the dictionary. */
export function problemEntry(stream: string, process: string): string {
  return `${stream}/${process}`;
}

/** How often the store is asked, in milliseconds. */
const EVERY_MS = 1000;

/** A problem of a process that has said nothing for so long is no news any more, in milliseconds. */
const FORGOTTEN_MS = 3_600_000;

/**
 * Reads the problems of all streams once a second, so that no request waits for the store. Returns the stop.
 * @param take is given the problems by stream each time they were read; streams without any are missing
 */
export function watchProblems(
  store: Store,
  clock: WallClock,
  take: (problems: ReadonlyMap<string, readonly ProblemJson[]>) => void,
): () => void {
  let stopped = false;
  let asking = false;
  const ask = async () => {
    if (asking) return;
    asking = true;
    try {
      const found = (await store.get(PROBLEMS_KEY)) as Record<string, Problem> | undefined;
      if (!stopped) take(byStream(found ?? {}, clock.now()));
    } catch {
      // Whether the store can be reached is told elsewhere; what was known stays.
    } finally {
      asking = false;
    }
  };
  void ask();
  const stop = clock.every(EVERY_MS, () => void ask());
  return () => {
    stopped = true;
    stop();
  };
}

function byStream(
  entries: Readonly<Record<string, Problem>>,
  now: number,
): ReadonlyMap<string, readonly ProblemJson[]> {
  const problems = new Map<string, ProblemJson[]>();
  for (const [entry, { code, message, since, at, times, solved }] of Object.entries(entries).sort()) {
    if (solved || now - at > FORGOTTEN_MS) continue;
    const slash = entry.indexOf('/');
    const stream = entry.slice(0, slash);
    const process = entry.slice(slash + 1);
    const known = problems.get(stream) ?? [];
    problems.set(stream, known);
    known.push({ process, code, message, since: toIsoDate(fromEpochMilliseconds(since)), times });
  }
  return problems;
}
