import { HlsStreamError } from '../../errors.ts';
import type { ProblemJson } from '../../hls/stream-json.ts';
import { STREAMS_LOG, type StreamEntry, streamFromLog } from '../../hls/stream-log.ts';
import { followLog } from '../../store/log/follow.ts';
import type { Store } from '../../store/store.ts';
import type { WallClock } from '../http/wall-clock.ts';
import { LiveStream, type StreamChange } from './live-stream.ts';
import { watchProblems } from './problems.ts';

/** How often the clock is looked at for streams that stall, in milliseconds. */
const STATUS_INTERVAL_MS = 500;

/** What a {@link LiveState} needs. */
export interface LiveStateOptions {
  readonly store: Store;
  readonly clock: WallClock;
  /** The stream that `/markers` means; its markers can be read before it is announced. */
  readonly defaultName: string;
  readonly failed: (error: unknown) => void;
}

/** Told of every change of every stream. */
export type LiveListener = (stream: LiveStream, change: StreamChange) => void;

/**
 * Everything this process knows of all streams, folded from the store's logs: a request never waits for the
 * store. It goes on serving when the store is gone.
 */
export class LiveState {
  /** False while the store cannot be reached. */
  storeUp = true;
  /** False while this process has not folded yet what the store held when it began: what it knows is older, or nothing. */
  isCaughtUp = true;

  readonly #options: LiveStateOptions;
  readonly #streams = new Map<string, LiveStream>();
  readonly #listeners = new Set<LiveListener>();
  readonly #stop = new AbortController();
  readonly #undo: (() => void)[];
  #problems: ReadonlyMap<string, readonly ProblemJson[]> = new Map();

  constructor(options: LiveStateOptions) {
    this.#options = options;
    const { store, clock, failed, defaultName } = options;
    this.#stream(defaultName);
    let heard = false;
    this.#undo = [
      store.onState((state) => {
        heard = true;
        this.storeUp = state === 'up';
      }),
      clock.every(STATUS_INTERVAL_MS, () => {
        for (const stream of this.#streams.values()) stream.checkStatus();
      }),
      watchProblems(store, clock, (problems) => {
        this.#problems = problems;
        for (const stream of this.#streams.values()) stream.problems = problems.get(stream.name) ?? [];
      }),
    ];
    // Nobody is told of a store that was away from the beginning.
    store.get('any').catch(() => {
      if (!heard) this.storeUp = false;
    });
    void followLog({
      store,
      log: STREAMS_LOG,
      signal: this.#stop.signal,
      failed,
      // A log that begins anew announces the same epochs again; those it lost are served on.
      take: (event) => {
        if (event.type === 'entry') this.#announce(streamFromLog(event.value));
      },
    });
  }

  /** Why the store is away, or takes nothing; undefined while all is well. */
  get storeTrouble(): HlsStreamError | undefined {
    return this.#options.store.trouble;
  }

  /**
   * The streams that were announced. One that vanished or ended leaves the list when its window has passed, and
   * is back as soon as it goes on; the default one stays, for what it shows can be sought for as long as it is served.
   */
  get streams(): readonly LiveStream[] {
    const { defaultName } = this.#options;
    return [...this.#streams.values()].filter(
      (stream) => stream.media !== undefined && (stream.name === defaultName || !stream.past),
    );
  }

  /** Streams that were never announced because something does not work. */
  get starting(): readonly { readonly name: string; readonly problems: readonly ProblemJson[] }[] {
    return [...this.#problems]
      .filter(([name]) => this.#streams.get(name)?.media === undefined)
      .map(([name, problems]) => ({ name, problems }));
  }

  /** The stream of this name: announced, or the default one. */
  stream(name: string): LiveStream | undefined {
    return this.#streams.get(name);
  }

  /**
   * What is known in part denies what is there.
   * @throws HlsStreamError NOT_READY before all is known that the store held when this process began
   */
  checkCaughtUp(): void {
    if (this.isCaughtUp) return;
    throw new HlsStreamError(
      'NOT_READY',
      'this server does not know yet what the store holds; try again in a moment',
    );
  }

  /** What `/markers` means: the stream of the configured name, else the only one there is. */
  get defaultStream(): LiveStream {
    const configured = this.#stream(this.#options.defaultName);
    const [only, ...more] = this.streams;
    return configured.media === undefined && only !== undefined && more.length === 0 ? only : configured;
  }

  /** Calls `listener` on every change; returns the unsubscribe. */
  onChange(listener: LiveListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Stops following; what was folded stays readable. */
  close(): void {
    this.#stop.abort();
    for (const undo of this.#undo) undo();
    for (const stream of this.#streams.values()) stream.close();
    this.#listeners.clear();
  }

  #announce(entry: StreamEntry): void {
    this.#stream(entry.name).announce(entry);
  }

  #stream(name: string): LiveStream {
    const known = this.#streams.get(name);
    if (known !== undefined) return known;
    const { store, clock, failed } = this.#options;
    const changed = (stream: LiveStream, change: StreamChange) => {
      for (const listener of this.#listeners) listener(stream, change);
    };
    const stream = new LiveStream({ name, store, clock, failed, changed, storeUp: () => this.storeUp });
    this.#streams.set(name, stream);
    stream.problems = this.#problems.get(name) ?? [];
    return stream;
  }
}
