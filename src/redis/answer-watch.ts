/** How long a new connection may take to answer its first command, that is login and database, in milliseconds. */
const FIRST_ANSWER_TIMEOUT = 3000;

/** How often a connection is asked whether all is well, in milliseconds; two questions may go unanswered. */
const ASK_EVERY = 1500;

/** What an {@link AnswerWatch} works with. */
export interface AnswerWatchOptions {
  /** Asks; resolves or rejects with the answer. */
  readonly ask: () => Promise<unknown>;
  /** An answer came; `failure` if it was other than yes. */
  readonly answered: (failure?: unknown) => void;
  /** No answer came for so many milliseconds. */
  readonly silent: (milliseconds: number) => void;
}

/**
 * Finds out whether the other end of a connection still says something: a host that vanished, or a process that hangs,
 * closes no connection.
 */
export class AnswerWatch {
  readonly #options: AnswerWatchOptions;
  #timer: NodeJS.Timeout | undefined;
  #unanswered = 0;
  /** Counts the connections: what an earlier one still had to say is not heard. */
  #life = 0;

  constructor(options: AnswerWatchOptions) {
    this.#options = options;
  }

  /** A connection was made, and something was asked. */
  connected(): void {
    this.stop();
    const giveUp = () => this.#options.silent(FIRST_ANSWER_TIMEOUT);
    this.#timer = setTimeout(giveUp, FIRST_ANSWER_TIMEOUT);
  }

  /** The first answer came. */
  begin(): void {
    this.stop();
    this.#timer = setInterval(() => this.#ask(), ASK_EVERY);
    this.#timer.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#life += 1;
    this.#unanswered = 0;
  }

  #ask(): void {
    const { ask, answered, silent } = this.#options;
    if (this.#unanswered >= 2) {
      silent(this.#unanswered * ASK_EVERY);
      return;
    }
    this.#unanswered += 1;
    const life = this.#life;
    const hear = (failure?: unknown) => {
      if (life !== this.#life) return;
      this.#unanswered = 0;
      answered(failure);
    };
    ask().then(() => hear(), hear);
  }
}
