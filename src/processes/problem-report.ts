import { PROBLEMS_KEY, type Problem, problemEntry } from '../api/live/problems.ts';
import { within } from '../clock.ts';
import { type ErrorRecord, toErrorRecord } from '../errors.ts';
import type { Store } from '../store/store.ts';

/** Tells the store, and so whoever looks at `/readyz`, `/streams` or the page, why a process does not work. */
export interface ProblemReport {
  /** Something does not work. Resolves when the store knows, or cannot be told; never rejects. */
  report(error: unknown): Promise<void>;
  /** It works: a frame has come. Called as often as one likes. */
  works(): void;
  /** Stops repeating what does not work. */
  close(): void;
}

/** A problem that stands is told again so often, in milliseconds: a store that lost it hears of it again. */
const REPEAT_MS = 15_000;

/** How long it must have worked before a problem counts as solved, in milliseconds. */
const [SOLVED_MS, SOLVED_SLOWLY_MS] = [1000, 10_000];
/** What has come so often is solved only after the longer time: it may die every few seconds. */
const OFTEN = 3;

/** A solved problem that comes back within this time, in milliseconds, is counted on. */
const SAME_MS = 60_000;

/** How long the store may take, in milliseconds: a process that leaves does not wait longer to say why. */
const TIMEOUT_MS = 1000;

/**
 * Opens the report of a process.
 * @param process how it is called in it: `stream`, or `detect` and the detector
 * @param predecessor how the process before this one ended; it may not have been able to say so itself
 */
export async function openProblemReport(
  store: Store,
  stream: string,
  process: string,
  predecessor?: ErrorRecord,
): Promise<ProblemReport> {
  const entry = problemEntry(stream, process);
  const write = (problem: Problem) => inTime(store.update(PROBLEMS_KEY, { [entry]: problem }));
  let problem = await inTime(
    store.get(PROBLEMS_KEY).then((all) => (all as Record<string, Problem> | undefined)?.[entry]),
  );
  // What a process before this one left with may come again in a moment; what this one met with was outlived.
  let inherited = true;
  let worksSince: number | undefined;
  const report = async (error: unknown) => {
    const { code, message } = toErrorRecord(error);
    const now = Date.now();
    const goesOn = problem !== undefined && (!problem.solved || now - problem.at < SAME_MS);
    const { since, times } = goesOn && problem ? problem : { since: now, times: 0 };
    worksSince = undefined;
    inherited = false;
    problem = { code, message, since, at: now, times: times + 1, solved: false };
    await write(problem);
  };
  const repeat = setInterval(() => {
    if (problem === undefined || problem.solved) return;
    problem = { ...problem, at: Date.now() };
    void write(problem);
  }, REPEAT_MS);
  repeat.unref();
  const known = problem?.solved === false && problem.message === predecessor?.message;
  if (predecessor !== undefined && !known) await report(predecessor);
  inherited = true;
  return {
    report,
    works() {
      if (problem === undefined || problem.solved) return;
      const now = performance.now();
      worksSince ??= now;
      const often = inherited && problem.times >= OFTEN;
      if (now - worksSince < (often ? SOLVED_SLOWLY_MS : SOLVED_MS)) return;
      problem = { ...problem, at: Date.now(), solved: true };
      void write(problem);
    },
    close() {
      clearInterval(repeat);
    },
  };
}

/** What is wanted, or `undefined` if it fails or takes too long. */
async function inTime<T>(wanted: Promise<T>): Promise<T | undefined> {
  const answer = await within(wanted, TIMEOUT_MS).catch(() => undefined);
  return answer === 'late' ? undefined : answer;
}
