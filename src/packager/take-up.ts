import type { Storage } from '../storage/storage.ts';
import { listGaps } from './gap-writer.ts';
import type { PackagerOptions } from './packager-options.ts';
import { endLastRun } from './part-writer.ts';
import type { PlaylistWindow } from './playlist-window.ts';
import type { Publisher } from './publisher.ts';

/** More numbers than these are never skipped: no process was so far ahead of its store. */
const MOST_SKIPPED = 64;

/** Goes on from what a process before this one listed and left. Rejects with STORAGE_FAILED. */
export async function takeUp(
  {
    publisher,
    storage,
    plan,
    stock,
    usedBelow = 0,
    onEvent,
  }: PackagerOptions & { publisher: Publisher; storage: Storage },
  window: PlaylistWindow,
): Promise<void> {
  const left = await window.adopt(stock);
  await endLastRun(publisher, storage);
  // Somebody may have seen it: no media sequence number has two contents.
  const count = Math.max((left?.newest ?? -1) + 1, usedBelow) - publisher.state.nextMsn;
  if (count > 0 && count <= MOST_SKIPPED) listGaps(publisher, plan, count);
  if (left !== undefined && left.unlisted + left.delisted > 0) onEvent?.({ type: 'taken-up', ...left });
}
