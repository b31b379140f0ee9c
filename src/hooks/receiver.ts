import type { SentEvent, StreamCondition } from './event.ts';
import type { Outcome } from './lanes.ts';

/** What is known of a stream now, for receivers that keep a state. */
export interface ShownStream {
  readonly condition: StreamCondition | undefined;
  /** Classes of its markers, and of those that go on. */
  readonly classes: { readonly all: ReadonlySet<string>; readonly open: ReadonlySet<string> };
}

/** Who is told. */
export interface Receiver {
  /** Names it in the log, without secrets. */
  readonly label: string;
  /** Why it cannot be reached at all, in a sentence; undefined while that is not known. */
  readonly trouble?: string | undefined;
  /** How many events may be under way at once. */
  readonly concurrency: number;
  /** Sends an event; resolves when it was taken, or is to be tried again. Never rejects but with the signal. */
  send(event: SentEvent, signal: AbortSignal): Promise<Outcome>;
  /** Begins, by an id that is the same for all who tell the same. */
  open?(id: string): void;
  /** Shows how streams stand. Called as often as one likes. */
  show?(streams: ReadonlyMap<string, ShownStream>): void;
  /** Leaves in good order. */
  close?(): Promise<void>;
}
