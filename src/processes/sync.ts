import type { Config } from '../config/config.ts';
import { HlsStreamError } from '../errors.ts';
import { aborted } from '../source/aborted.ts';
import { serveStore } from '../store/ipc/ipc-server.ts';
import { MemoryStore } from '../store/memory/memory-store.ts';
import { asChild } from './child.ts';
import { launched } from './last-words.ts';
import { reportStats } from './stats.ts';

/** The sync child: holds the one Map and answers over the launcher's channel until it is told to stop. */
export async function run(config: Config): Promise<void> {
  if (!launched) {
    throw new HlsStreamError('USAGE', 'sync serves only the launcher that started it; run hlsstream start');
  }
  const child = asChild('sync', config);
  // Values come and go as copies already.
  const store = new MemoryStore({ isolated: false });
  const stopServing = serveStore(store, process);
  const stopStats = reportStats(store, 'sync');
  child.ready();
  await aborted(child.stopping);
  stopStats();
  stopServing();
  await store.close();
}
