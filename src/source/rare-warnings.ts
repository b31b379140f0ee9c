import { fromSeconds, type Microseconds } from '../clock.ts';
import type { SourceLog } from './log.ts';

/** How often one kind of fault is said again while it goes on. */
const AGAIN: Microseconds = fromSeconds(60);

/** So many kinds are told apart; what comes beyond is one more kind. */
const MOST_KINDS = 64;

/** Says of each kind of fault the first one, with what came, and how many followed once a minute. */
export class RareWarnings {
  readonly #log: SourceLog;
  readonly #now: () => Microseconds;
  readonly #kinds = new Map<string, { since: Microseconds; omitted: number }>();

  /** @param now a monotonic clock */
  constructor(log: SourceLog, now: () => Microseconds) {
    this.#log = log;
    this.#now = now;
  }

  /** Something of this kind has come. */
  warn(given: string, facts: object, message: string): void {
    const kind = this.#kinds.has(given) || this.#kinds.size < MOST_KINDS ? given : '';
    const now = this.#now();
    const known = this.#kinds.get(kind);
    if (known !== undefined && now - known.since < AGAIN) {
      known.omitted += 1;
      return;
    }
    this.#kinds.set(kind, { since: now, omitted: 0 });
    const omitted = known?.omitted ?? 0;
    this.#log.warn({ ...facts, ...(omitted > 0 && { omitted }) }, message);
  }
}
