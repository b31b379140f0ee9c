import type { EpochMicroseconds } from '../clock.ts';
import type { Marker } from '../hls/marker-log.ts';
import type { SavedFold } from '../store/log/checkpoint.ts';
import type { Cursor } from '../store/store.ts';
import { type HookEvent, laneOf, type StreamCondition } from './event.ts';

/** Whose outbox it is; the first entry. */
export interface BornEntry {
  readonly type: 'born';
  /** Random. */
  readonly id: string;
  readonly at: EpochMicroseconds;
}

/** Events that wait from now on, and up to where the marker log of a stream was read with them. */
export interface QueuedEntry {
  readonly type: 'queued';
  readonly stream: string;
  readonly events: readonly HookEvent[];
  readonly cursor?: Cursor;
  /** Markers that go on after this, as the log has them, and those that do no more. */
  readonly open?: readonly Marker[];
  readonly over?: readonly string[];
}

/** Events that wait no more: they were sent, or dropped. */
export interface SettledEntry {
  readonly type: 'settled';
  readonly ids: readonly string[];
  /** Lanes of which nothing is told until their marker has ended: their begin was dropped. */
  readonly muted?: readonly string[];
}

/** One entry of the outbox of a hook. Its owner adds checkpoints to them. */
export type OutboxEntry = BornEntry | QueuedEntry | SettledEntry;

/** What is known of a stream. */
export interface ReportedStream {
  readonly cursor: Cursor | undefined;
  readonly condition: StreamCondition | undefined;
  /** Markers whose begin was told, and whose end was not. */
  readonly open: Map<string, Marker>;
}

/** The fold of an outbox. Changed in place. */
export interface OutboxState {
  born: BornEntry | undefined;
  readonly streams: Map<string, ReportedStream>;
  /** Events that wait, by id, oldest first. */
  readonly waiting: Map<string, HookEvent>;
  readonly muted: Set<string>;
}

/** A piece of an outbox as a checkpoint holds it. */
export type SavedOutbox =
  | BornEntry
  | {
      readonly type: 'stream';
      readonly name: string;
      readonly cursor?: Cursor;
      readonly condition?: StreamCondition;
    }
  | { readonly type: 'open'; readonly name: string; readonly marker: Marker }
  | { readonly type: 'waits'; readonly event: HookEvent }
  | { readonly type: 'muted'; readonly lane: string };

/** Name of the outbox of a hook. */
export function outboxLogName(key: string): string {
  return `hooks/${key}`;
}

/** What is known of a stream; made when nothing was. */
export function reportedStream(state: OutboxState, name: string): ReportedStream {
  return state.streams.get(name) ?? { cursor: undefined, condition: undefined, open: new Map() };
}

/** How the outbox is folded, and its fold saved in it. */
export const outboxFold: SavedFold<OutboxState, OutboxEntry, never, SavedOutbox> = {
  empty: () => ({ born: undefined, streams: new Map(), waiting: new Map(), muted: new Set() }),
  apply(state, entry) {
    if (entry.type === 'born') state.born ??= entry;
    else if (entry.type === 'queued') queue(state, entry);
    else {
      for (const id of entry.ids) state.waiting.delete(id);
      for (const lane of entry.muted ?? []) state.muted.add(lane);
    }
    return [];
  },
  save({ born, streams, waiting, muted }) {
    return [
      ...(born === undefined ? [] : [born]),
      ...[...streams].flatMap(([name, { cursor, condition, open }]): SavedOutbox[] => [
        { type: 'stream', name, ...(cursor && { cursor }), ...(condition && { condition }) },
        ...[...open.values()].map((marker): SavedOutbox => ({ type: 'open', name, marker })),
      ]),
      ...[...waiting.values()].map((event): SavedOutbox => ({ type: 'waits', event })),
      ...[...muted].map((lane): SavedOutbox => ({ type: 'muted', lane })),
    ];
  },
  load(saved) {
    const state = outboxFold.empty();
    for (const each of saved) {
      if (each.type === 'born') state.born = each;
      else if (each.type === 'stream')
        state.streams.set(each.name, { cursor: each.cursor, condition: each.condition, open: new Map() });
      else if (each.type === 'open') state.streams.get(each.name)?.open.set(each.marker.id, each.marker);
      else if (each.type === 'waits') state.waiting.set(each.event.id, each.event);
      else state.muted.add(each.lane);
    }
    return state;
  },
  weight: (entry) => (entry.type === 'queued' ? 1 + entry.events.length : 1),
  size: ({ waiting, streams }) => waiting.size + streams.size,
};

function queue(state: OutboxState, { stream, events, cursor, open = [], over = [] }: QueuedEntry): void {
  const reported = reportedStream(state, stream);
  let { condition } = reported;
  for (const event of events) {
    if (event.type.startsWith('stream.')) condition = event.type.slice('stream.'.length) as StreamCondition;
    const lane = laneOf(event);
    const isOver = event.type === 'marker.ended' || event.change === 'deleted';
    if (!state.muted.has(lane)) state.waiting.set(event.id, event);
    else if (isOver) state.muted.delete(lane);
  }
  for (const marker of open) reported.open.set(marker.id, marker);
  for (const id of over) reported.open.delete(id);
  state.streams.set(stream, { cursor: cursor ?? reported.cursor, condition, open: reported.open });
}
