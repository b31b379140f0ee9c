/**
 * The envelopes that carry store messages over Node's IPC channel. The launcher's relay reads the envelope
 * and never the body: a batch goes on untouched.
 *
 * - child → launcher and launcher → child: `['store', batch]`
 * - launcher → sync and sync → launcher: `['store', clientId, batch]`
 * - launcher → child: `['store-state', 'up' | 'down']`, when sync came or went, and `down` again in answer to
 *   a batch that came while there was no sync
 * - launcher → sync: `['store-gone', clientId]`, when a client left
 */

/**
 * Calls, answers and pushes collected during one turn of the event loop, serialized by whoever made them: the
 * relay would otherwise take every value apart and put it together again.
 */
type StoreBatch = Uint8Array;

/** From a client to the launcher. */
export type FromClient = readonly ['store', StoreBatch];
/** From the launcher to a client. */
export type ToClient = readonly ['store', StoreBatch] | readonly ['store-state', 'up' | 'down'];
/** From the launcher to the sync child. */
export type ToSync = readonly ['store', number, StoreBatch] | readonly ['store-gone', number];
/** From the sync child to the launcher. */
export type FromSync = readonly ['store', number, StoreBatch];

/**
 * One end of an IPC channel with `serialization: 'advanced'`, seen from either side: `process` in a child, a
 * `ChildProcess` or a cluster `Worker` in the parent.
 */
export interface StorePort {
  /** `done` is always given: without it, sending to a process that has just died is an unhandled error. */
  send?(
    message: unknown,
    handle: undefined,
    options: undefined,
    done: (error: Error | null) => void,
  ): boolean;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
  off(event: 'message', listener: (message: unknown) => void): unknown;
  off(event: 'disconnect', listener: () => void): unknown;
}

/** Sends `message`; what cannot be delivered is dropped, for whoever waits hears of a lost channel otherwise. */
export function sendTo(port: StorePort, message: FromClient | ToClient | ToSync | FromSync): void {
  port.send?.(message, undefined, undefined, () => {});
}
