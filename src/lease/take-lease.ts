import { setTimeout as delay } from 'node:timers/promises';
import { HlsStreamError } from '../errors.ts';
import { type Holder, isSurelyGone, thisProcess } from './holder.ts';
import { HolderWatch } from './holder-watch.ts';
import { Lease, type LeaseOptions } from './lease.ts';
import { type LeaseRecord, leaseKey } from './lease-record.ts';

/** How often a waiter looks, in milliseconds. */
const LOOK_MS = 200;

/** How a lease is taken. */
export interface TakeLeaseOptions extends Omit<LeaseOptions, 'holder'> {
  /** Wait for as long as somebody else holds it; else STREAM_BUSY as soon as that is certain. */
  readonly wait: boolean;
  /** Gives up. */
  readonly signal: AbortSignal;
  /** Told each time somebody else is found to hold it. */
  readonly onWaiting?: (holder: Holder) => void;
  /** Told when the store begins to fail; it is asked until it answers. */
  readonly onTrouble?: (error: unknown) => void;
}

/**
 * Takes a lease as soon as nobody holds it, or its holder is gone: it ran on this machine and does no more, or
 * it gave no sign of life for its time to live. Resolves to `undefined` when the signal came first.
 * @throws HlsStreamError STREAM_BUSY if somebody lives who holds it, and `wait` is false; STORE_CLOSED
 */
export async function takeLease(options: TakeLeaseOptions): Promise<Lease | undefined> {
  const { store, subject, wait, signal, now = () => performance.now() } = options;
  const { onWaiting = () => {}, onTrouble = () => {} } = options;
  const holder = await thisProcess();
  const watch = new HolderWatch();
  let reported: string | undefined;
  let failing = false;
  while (!signal.aborted) {
    try {
      const record = (await store.get(leaseKey(subject))) as LeaseRecord | undefined;
      failing = false;
      const verdict = watch.look(record, now());
      if (await mayTake(verdict, record, holder)) {
        const lease = await Lease.take({ store, subject, holder, now }, record);
        if (lease !== undefined) return lease;
        continue;
      }
      if (record !== undefined && verdict === 'alive' && !wait) throw busy(subject, record.holder);
      if (record !== undefined && wait && reported !== record.holder.id) {
        reported = record.holder.id;
        onWaiting(record.holder);
      }
    } catch (error) {
      if (!(error instanceof HlsStreamError) || !isPassing(error)) throw error;
      if (!failing) onTrouble(error);
      failing = true;
      watch.away();
    }
    await delay(LOOK_MS, undefined, { signal }).catch(() => {});
  }
  return undefined;
}

async function mayTake(
  verdict: ReturnType<HolderWatch['look']>,
  record: LeaseRecord | undefined,
  self: Holder,
): Promise<boolean> {
  if (verdict === 'free' || verdict === 'expired') return true;
  if (record === undefined) return false;
  // An attempt of this process whose answer was lost, or one that died between taking the lease and its fence.
  return record.holder.id === self.id || (await isSurelyGone(record.holder, self.place));
}

function isPassing({ code }: HlsStreamError): boolean {
  return code.startsWith('STORE_') && code !== 'STORE_CLOSED';
}

function busy(subject: string, { host, pid }: Holder): HlsStreamError {
  const name = subject.slice(subject.indexOf('/') + 1);
  return new HlsStreamError(
    'STREAM_BUSY',
    `${name} is being streamed by process ${pid} on ${host}; stop that one, choose another --name, or wait for its end with --standby`,
  );
}
