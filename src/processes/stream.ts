import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { Holder } from '../lease/holder.ts';
import type { Lease } from '../lease/lease.ts';
import { takeLease } from '../lease/take-lease.ts';
import { DiskStorage } from '../storage/disk.ts';
import { lockFolder } from '../storage/folder-lock.ts';
import type { Store } from '../store/store.ts';
import { asChild, type Child } from './child.ts';
import { openChildStore } from './child-store.ts';
import { encode } from './encode.ts';
import { sharesStore } from './shares-store.ts';
import { logLease, logStore } from './stream-log.ts';

/**
 * The stream child: encodes for as long as it holds the lease on the stream's name. Of all processes that share
 * a store exactly one does; one that was told to stand by waits for its turn, also after it lost it.
 */
export async function run(config: Config): Promise<void> {
  const child = asChild('stream', config);
  const { log, stopping } = child;
  const store = await openChildStore(child);
  // Where others share the store the lease decides, on one host or several. Without them the folder must.
  const unlock = sharesStore(config) ? async () => {} : await lockFolder(join(config.dataDir, config.name));
  const unwatch = logStore(log, store);
  try {
    const storage = new DiskStorage(config.dataDir);
    for (;;) {
      const lease = await lead(child, store);
      if (lease === undefined) return;
      try {
        await encode(child, { store, storage, lease });
        if (!lease.lost.aborted) return;
      } catch (error) {
        // Whatever fails because somebody else has taken over is told below.
        if (!lease.lost.aborted) throw error;
      } finally {
        await lease.release();
      }
      if (!config.standby || stopping.aborted) throw lease.lost.reason;
      log.warn({ reason: lease.lost.reason.message }, 'standing by again');
    }
  } finally {
    unwatch();
    await unlock();
    await store.close();
  }
}

/** Waits for the lease, or refuses to; `undefined` when told to stop meanwhile. */
function lead(child: Child, store: Store): Promise<Lease | undefined> {
  const { config, log, stopping: signal } = child;
  return takeLease({
    ...{ store, subject: `stream/${config.name}`, wait: config.standby, signal },
    ...logLease(log, ({ host, pid }: Holder) => child.ready({ standby: true, active: `${pid} on ${host}` })),
  });
}
