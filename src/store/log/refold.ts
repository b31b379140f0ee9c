import type { LogEvent } from '../store.ts';

/** How a log is folded, and when what is folded anew may be served. */
export interface Folding<State, Entry> {
  /** The fold to begin with when the log begins anew. */
  begin(present: State): State;
  /** Folds an entry into `state`, in place. */
  apply(state: State, entry: Entry): void;
  /** Whether what was folded anew, `entry` last, says as much as what is served. */
  caughtUp(anew: State, present: State, entry: Entry): boolean;
  /** Makes what was folded anew ready to be served. */
  adopt?(anew: State, present: State): void;
}

/**
 * The fold of a log that may begin anew (`reset`): what was folded goes on being served while the log is folded
 * aside, which takes over when it has caught up, so that nobody sees the fold go back.
 */
export class Refold<State, Entry> {
  /** What is served. The object is another when the log was folded anew. */
  state: State;
  readonly #folding: Folding<State, Entry>;
  #aside: State | undefined;

  constructor(state: State, folding: Folding<State, Entry>) {
    this.state = state;
    this.#folding = folding;
  }

  /** Folds what a follow of the log yields. */
  take(event: LogEvent): void {
    if (event.type === 'reset') {
      this.#aside = this.#folding.begin(this.state);
      return;
    }
    const entry = event.value as Entry;
    const aside = this.#aside;
    this.#folding.apply(aside ?? this.state, entry);
    if (aside === undefined || !this.#folding.caughtUp(aside, this.state, entry)) return;
    this.#folding.adopt?.(aside, this.state);
    this.state = aside;
    this.#aside = undefined;
  }

  /** Folds something that does not come from this log, into what is served and what is folded aside. */
  apply(fold: (state: State) => void): void {
    if (this.#aside !== undefined) fold(this.#aside);
    fold(this.state);
  }
}
