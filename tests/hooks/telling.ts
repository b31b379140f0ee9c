import type { Marker, MarkerEntry, MarkerOperation } from '../../src/hls/marker-log.ts';
import { markerLogName } from '../../src/hls/marker-log.ts';
import type { SentEvent } from '../../src/hooks/event.ts';
import { Hook, type HookCounts, type HookOptions, type StreamSeen } from '../../src/hooks/hook.ts';
import type { Outcome } from '../../src/hooks/lanes.ts';
import { withLinks } from '../../src/hooks/links.ts';
import type { Receiver } from '../../src/hooks/receiver.ts';
import type { Store } from '../../src/store/store.ts';
import { until } from '../until.ts';

/** The stream that these tests tell of. */
export const STREAM = 'yard';

/** A marker of it that goes on, unless `facts` say otherwise. */
export function marker(id: string, facts: Partial<Marker> = {}): Marker {
  return {
    ...{ id, stream: STREAM, pts: 1_000_000, date: 1_795_000_000_000_000, duration: null },
    ...{ text: 'Somebody', class: 'person', source: 'eye', data: {} },
    ...facts,
  };
}

/** Writes operations of one request to its marker log. */
export function write(store: Store, ...operations: MarkerOperation[]): Promise<string> {
  return store.append(markerLogName(STREAM), { operations } satisfies MarkerEntry);
}

/** Opens a marker. */
export function begin(store: Store, id: string, facts: Partial<Marker> = {}): Promise<string> {
  return write(store, { op: 'open', marker: marker(id, facts) });
}

/** Closes one after so many seconds. */
export function end(store: Store, id: string, seconds = 2): Promise<string> {
  return write(store, { op: 'close', id, duration: seconds * 1_000_000 });
}

/** What an event says, in a word: `begun a`, `edited a`, `up`. */
export function word({ type, change, marker: of }: SentEvent): string {
  return [change ?? type.split('.')[1], of?.id].filter(Boolean).join(' ');
}

/** A receiver that answers as `answer` says. */
export class ToldReceiver implements Receiver {
  readonly label = 'the receiver';
  readonly concurrency: number;
  readonly told: string[] = [];
  readonly events: SentEvent[] = [];
  answer: (event: SentEvent) => Outcome | Promise<Outcome>;

  constructor(answer: ToldReceiver['answer'] = () => ({ type: 'sent' }), concurrency = 8) {
    this.answer = answer;
    this.concurrency = concurrency;
  }

  async send(event: SentEvent): Promise<Outcome> {
    const outcome = await this.answer(event);
    if (outcome.type === 'sent') {
      this.told.push(word(event));
      this.events.push(event);
    }
    return outcome;
  }

  /** Resolves when it was told so many things. */
  has(count: number): Promise<void> {
    return until(`${count} of ${this.told.join(', ')}`, 10, () => this.told.length >= count);
  }
}

/** A hook over a store, with what is to be looked at. */
export interface OpenHook {
  readonly hook: Hook;
  readonly counts: HookCounts;
  readonly log: string[];
  /** Says how the stream stands from now on. */
  stands(seen: StreamSeen): void;
}

interface Closable {
  close(): Promise<void>;
}

const opened: Closable[] = [];

/** Has `closeOpened` close it. */
export function closedAfter<T extends Closable>(one: T): T {
  opened.push(one);
  return one;
}

/** Closes what a test has opened, the newest first; also one that failed: it would keep the process of the tests. */
export async function closeOpened(): Promise<void> {
  for (const one of opened.splice(0).reverse()) await one.close();
}

/** Opens a hook that tells `receiver` of the stream. `closeOpened` belongs behind the test. */
export async function openHook(
  store: Store,
  receiver: Receiver,
  options: Partial<HookOptions> = {},
): Promise<OpenHook> {
  let seen: StreamSeen = { condition: undefined };
  const listeners = new Set<() => void>();
  const counts: HookCounts = { sent: 0, failed: 0, dropped: 0, queued: 0 };
  const lines: string[] = [];
  const line = (_: unknown, text: string) => void lines.push(text);
  const key = 'fence/hooks/test';
  const fenced = await store.compareAndSet(key, await store.get(key), Math.random());
  if (!fenced.ok) throw new Error('somebody else was quicker');
  const hook = await Hook.open({
    ...{ store, key: 'test', receiver, classes: [], streams: [], queue: 1000, counts },
    right: { fence: { key, token: fenced.token }, renewFence: async () => 'lost' },
    seen: {
      get streams() {
        return new Map([[STREAM, seen]]);
      },
      onChange(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    describe: (event) => withLinks(event, { base: 'http://cams.example.org' }),
    log: { info: line, warn: line, error: line } as HookOptions['log'],
    signal: new AbortController().signal,
    now: () => 1_794_900_000_000_000,
    ...options,
  });
  if (hook === undefined) throw new Error('the signal came first');
  closedAfter(hook);
  const stands = (now: StreamSeen) => {
    seen = now;
    for (const listener of listeners) listener();
  };
  return { hook, counts, log: lines, stands };
}
