import type { Logger } from 'pino';
import { type EpochMicroseconds, systemDate, toIsoDate } from '../clock.ts';
import type { Store } from '../store/store.ts';
import { eventId, type HookEvent, laneOf, type SentEvent, type StreamCondition } from './event.ts';
import { followMarkers } from './follow-markers.ts';
import { Lanes, type Outcome } from './lanes.ts';
import type { MarkerNews, MarkerReader } from './marker-reader.ts';
import { Outbox, type SendingRight } from './outbox.ts';
import { reportedStream } from './outbox-log.ts';
import type { Receiver, ShownStream } from './receiver.ts';

/** How a stream stands, as far as that is known. */
export interface StreamSeen {
  readonly condition: StreamCondition | undefined;
  readonly reason?: string | undefined;
}

/** All streams of the store, and how they stand. */
export interface StreamsSeen {
  readonly streams: ReadonlyMap<string, StreamSeen>;
  /** Calls `listener` when that has changed; returns the unsubscribe. */
  onChange(listener: () => void): () => void;
}

/** What of this hook is counted. */
export interface HookCounts {
  sent: number;
  failed: number;
  dropped: number;
  queued: number;
}

/** What a {@link Hook} works with. */
export interface HookOptions {
  readonly store: Store;
  readonly key: string;
  readonly right: SendingRight;
  readonly receiver: Receiver;
  readonly seen: StreamsSeen;
  /** Which classes and streams are told of; all where none is named. */
  readonly classes: readonly string[];
  readonly streams: readonly string[];
  /** How many events may wait. */
  readonly queue: number;
  /** Adds links. */
  readonly describe: (event: HookEvent) => SentEvent;
  readonly counts: HookCounts;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Ends it. */
  readonly signal: AbortSignal;
  readonly now?: () => EpochMicroseconds;
}

/** Tells one receiver what happens, for as long as it has the lease. */
export class Hook {
  readonly #options: HookOptions;
  readonly #outbox: Outbox;
  readonly #lanes: Lanes;
  readonly #readers = new Map<string, Pick<MarkerReader, 'classes'>>();
  /** How each stream stands, as it was queued last. */
  readonly #conditions = new Map<string, StreamCondition>();
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #sending = new Set<Promise<void>>();
  readonly #unsubscribe: () => void;
  #timer: NodeJS.Timeout | undefined;
  #trouble: string | undefined;
  #isGone = false;
  #ended!: (reason: unknown) => void;
  /** Rejects when what happens cannot be kept any more. */
  readonly failed: Promise<never>;

  private constructor(options: HookOptions, outbox: Outbox) {
    this.#options = options;
    this.#outbox = outbox;
    this.#signal = AbortSignal.any([options.signal, this.#stop.signal]);
    this.#lanes = new Lanes({ concurrency: options.receiver.concurrency });
    this.failed = new Promise((_, reject) => {
      this.#ended = reject;
    });
    this.failed.catch(() => {});
    for (const event of outbox.state.waiting.values()) this.#lanes.add(event);
    options.receiver.open?.(outbox.state.born?.id ?? options.key);
    this.#unsubscribe = options.seen.onChange(() => this.#look());
    this.#look();
    this.#pump();
  }

  /** Reads what waits, and goes on. Resolves to undefined when the signal came first. */
  static async open(options: HookOptions): Promise<Hook | undefined> {
    const { store, key, right, signal, log, now = systemDate } = options;
    const failed = (err: unknown) => log.warn({ err }, 'what waits for a hook could not be written');
    const outbox = await Outbox.open({ store, key, right, signal, failed, now });
    return outbox && new Hook(options, outbox);
  }

  /** Why nothing gets through, in a sentence; undefined while it does. */
  get trouble(): string | undefined {
    const { trouble } = this.#options.receiver;
    return trouble ?? (this.#lanes.failing || this.#isGone ? this.#trouble : undefined);
  }

  /** Sends no more, and keeps what waits. */
  async close(): Promise<void> {
    this.#unsubscribe();
    clearTimeout(this.#timer);
    this.#stop.abort();
    await Promise.all(this.#sending);
    await this.#outbox.close();
  }

  /** Looks which streams there are, and how they stand. */
  #look(): void {
    const { seen, streams, store, classes, now = systemDate, log } = this.#options;
    for (const [name, { condition, reason }] of seen.streams) {
      if (streams.length > 0 && !streams.includes(name)) continue;
      const reported = reportedStream(this.#outbox.state, name);
      if (!this.#readers.has(name)) {
        const reader = followMarkers({
          ...{ store, stream: name, classes, now, signal: this.#signal },
          ...{ cursor: reported.cursor, open: reported.open, since: this.#outbox.state.born?.at ?? 0 },
          take: (news) => this.#heed(name, news),
          failed: (err) => log.warn({ err, stream: name }, 'markers cannot be read'),
        });
        this.#readers.set(name, reader);
      }
      if (condition !== undefined) this.#hear(name, condition, reason);
    }
    this.#show();
  }

  #hear(stream: string, condition: StreamCondition, reason: string | undefined): void {
    const before = this.#conditions.get(stream) ?? reportedStream(this.#outbox.state, stream).condition;
    this.#conditions.set(stream, condition);
    // Of one that was over before anybody was told of it there is nothing to tell.
    if (condition === before || (before === undefined && condition !== 'up')) return;
    const at = toIsoDate((this.#options.now ?? systemDate)());
    const type = `stream.${condition}` as const;
    const event = { id: eventId(stream, type, at), type, timestamp: at, stream, ...(reason && { reason }) };
    this.#queue(stream, [event], {});
  }

  #heed(stream: string, { cursor, events, open, over }: MarkerNews): void {
    this.#queue(stream, events, { cursor, open, over });
    this.#show();
  }

  #queue(stream: string, events: readonly HookEvent[], facts: Partial<MarkerNews>): void {
    if (this.#isGone) this.#options.counts.dropped += events.length;
    const kept = this.#isGone ? [] : events;
    this.#outbox.queue({ type: 'queued', stream, ...facts, events: kept }).then(
      (added) => {
        // What belongs to a marker that was dropped is dropped, too.
        this.#options.counts.dropped += kept.length - added.length;
        for (const event of added) this.#lanes.add(event);
        this.#bound();
        this.#pump();
      },
      (error: unknown) => this.#ended(error),
    );
  }

  /** Drops what is too much. */
  #bound(): void {
    const { queue, counts, log, receiver } = this.#options;
    const before = counts.dropped;
    while (this.#lanes.size > queue) {
      const events = this.#lanes.dropOldest();
      if (events.length === 0) break;
      this.#drop(events);
    }
    if (counts.dropped === before) return;
    // The first time, and then once for each hundred.
    if (before === 0 || Math.floor(before / 100) < Math.floor(counts.dropped / 100))
      log.error(
        { hook: receiver.label, dropped: counts.dropped },
        `${receiver.label} has been told nothing for so long that events were dropped, ${counts.dropped} so far; --hook-queue ${queue} bounds what waits`,
      );
  }

  #drop(events: readonly HookEvent[]): void {
    this.#options.counts.dropped += events.length;
    const isCut = events[0]?.type === 'marker.begun' && !events.some(({ type }) => type === 'marker.ended');
    const [first] = events;
    this.#outbox.settle(
      events.map(({ id }) => id),
      isCut && first !== undefined ? [laneOf(first)] : [],
    );
  }

  #show(): void {
    const { receiver } = this.#options;
    if (receiver.show === undefined) return;
    const shown = new Map<string, ShownStream>();
    for (const [name, { classes }] of this.#readers) {
      const condition = this.#conditions.get(name) ?? reportedStream(this.#outbox.state, name).condition;
      shown.set(name, { condition, classes });
    }
    receiver.show(shown);
  }

  /** Sends all that may be sent now. */
  #pump(): void {
    clearTimeout(this.#timer);
    this.#options.counts.queued = this.#lanes.size;
    if (this.#signal.aborted || this.#isGone) return;
    for (;;) {
      const event = this.#lanes.next(performance.now());
      if (event === undefined) break;
      const sending = this.#send(event).finally(() => this.#sending.delete(sending));
      this.#sending.add(sending);
    }
    const wait = this.#lanes.wait(performance.now());
    if (wait !== undefined) this.#timer = setTimeout(() => this.#pump(), wait);
  }

  async #send(event: HookEvent): Promise<void> {
    const { receiver, describe, counts } = this.#options;
    const outcome = await receiver
      .send(describe(event), this.#signal)
      .catch((error: unknown): Outcome => ({ type: 'interrupted', reason: String(error) }));
    if (outcome.type === 'sent') {
      counts.sent += 1;
      this.#outbox.settle([event.id]);
    } else if (!this.#signal.aborted) counts.failed += 1;
    this.#lanes.settle(event, outcome, performance.now());
    this.#report(outcome);
    this.#pump();
  }

  #report(outcome: Outcome): void {
    const { receiver, log } = this.#options;
    const facts = { hook: receiver.label, waiting: this.#lanes.size };
    if (outcome.type === 'sent') {
      if (this.#trouble !== undefined) log.info(facts, `${receiver.label} takes events again`);
      this.#trouble = undefined;
    } else if (outcome.type === 'gone') {
      this.#isGone = true;
      this.#trouble = `${receiver.label} ${outcome.reason}: it is told nothing more until hlsstream is started again`;
      log.error(facts, this.#trouble);
      this.#drop(this.#lanes.clear());
    } else if (outcome.type === 'failed') {
      const trouble = `${receiver.label} ${outcome.reason}; trying again`;
      if (this.#trouble === undefined) log.warn(facts, trouble);
      this.#trouble = trouble;
    }
  }
}
