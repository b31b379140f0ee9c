/**
 * The envelopes that carry store messages over Node's IPC channel. The launcher's relay reads the envelope
 * and never the body: a batch goes on untouched.
 *
 * - child → launcher and launcher → child: `['store', batch]`
 * - launcher → sync and sync → launcher: `['store', clientId, batch]`
 * - launcher → child: `['store-state', 'up' | 'down']`, when sync came or went
 * - launcher → sync: `['store-gone', clientId]`, when a client left
 */

/** Calls, answers and pushes collected during one turn of the event loop; what is in it is the store's own affair. */
export type StoreBatch = readonly unknown[];

export type FromClient = readonly ['store', StoreBatch];
export type ToClient = readonly ['store', StoreBatch] | readonly ['store-state', 'up' | 'down'];
export type ToSync = readonly ['store', number, StoreBatch] | readonly ['store-gone', number];
export type FromSync = readonly ['store', number, StoreBatch];
