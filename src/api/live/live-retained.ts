import {
  applyRetainedEntry,
  emptyRetainedState,
  type RetainedEntry,
  type RetainedState,
  retainedLogName,
} from '../../hls/retained-log.ts';
import { followLog } from '../../store/log/follow.ts';
import { Refold } from '../../store/log/refold.ts';
import type { LogEvent, Store } from '../../store/store.ts';

/**
 * The table of contents of what is kept of a stream, as this process has folded it. When the log begins anew (`reset`)
 * the old one is served until the new one reaches as far.
 */
export class LiveRetained {
  readonly #fold = new Refold<RetainedState, RetainedEntry>(emptyRetainedState(), {
    begin: emptyRetainedState,
    apply: applyRetainedEntry,
    caughtUp: (anew, present) => endOf(anew) >= endOf(present),
    adopt(anew, present) {
      anew.version = present.version + 1;
    },
  });
  readonly #stop = new AbortController();

  /** @param failed told of every failure of the store */
  constructor(store: Store, stream: string, failed: (error: unknown) => void) {
    const take = (event: LogEvent) => this.#fold.take(event);
    void followLog({ store, log: retainedLogName(stream), signal: this.#stop.signal, take, failed });
  }

  /** What is kept now. The object may be replaced; its `version` only ever grows. */
  get state(): RetainedState {
    return this.#fold.state;
  }

  /** Stops following; what was folded stays. */
  close(): void {
    this.#stop.abort();
  }
}

function endOf({ pages, before }: RetainedState): number {
  return Math.max(pages.at(-1)?.end ?? Number.NEGATIVE_INFINITY, before);
}
