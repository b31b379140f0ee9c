import type { ErrorRecord } from '../../errors.ts';
import type { ChannelMessage, LogEvent, Store } from '../store.ts';

/** What is in a batch between `ipc-client.ts` and `ipc-server.ts`, serialized by node:v8. Ids are the client's own. */

/** The calls that have one answer. */
export const callNames = [
  'get',
  'set',
  'delete',
  'keys',
  'update',
  'compareAndSet',
  'append',
  'read',
  'trim',
  'drop',
  'publish',
  'subscribers',
] as const satisfies readonly (keyof Store)[];

/** One of {@link callNames}. */
export type CallName = (typeof callNames)[number];

/** What opens a stream of items; the sender may push as many as there is credit, then waits for `more`. */
export type Opening =
  | readonly [kind: 'follow', log: string, after: string | undefined]
  | readonly [kind: 'subscribe', channel: string, queue: number];

/** What a stream carries. */
export type Item = LogEvent | ChannelMessage;

/** Client to sync. */
export type Request =
  | readonly [kind: 'call', id: number, name: CallName, args: readonly unknown[]]
  | readonly [kind: 'open', id: number, opening: Opening, credit: number]
  | readonly [kind: 'more', id: number, credit: number]
  | readonly [kind: 'stop', id: number];

/** Sync to client. */
export type Reply =
  | readonly [kind: 'answer', id: number, result: unknown]
  | readonly [kind: 'error', id: number, error: ErrorRecord]
  | readonly [kind: 'item', id: number, item: Item];
