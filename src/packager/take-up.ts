import type { Storage } from '../storage/storage.ts';
import { listGaps } from './gap-writer.ts';
import type { UsedNumbers } from './number-block.ts';
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
    used,
    onEvent,
  }: PackagerOptions & { publisher: Publisher; storage: Storage },
  window: PlaylistWindow,
): Promise<void> {
  const left = await window.adopt(stock);
  await endLastRun(publisher, storage);
  const { nextMsn } = publisher.state;
  const count = firstUnused(left?.numbers ?? [], nextMsn, used) - nextMsn;
  if (count > 0 && count <= MOST_SKIPPED) listGaps(publisher, plan, count);
  const { unlisted = 0, delisted = 0 } = left ?? {};
  if (unlisted + delisted > 0) onEvent?.({ type: 'taken-up', unlisted, delisted });
}

/** The number from which on nobody can have seen one: no media sequence number has two contents. */
function firstUnused(found: readonly number[], nextMsn: number, used: UsedNumbers | undefined): number {
  // What the last process wrote and could not list any more, one behind the other, nobody was told of.
  let unseen = nextMsn;
  while (unseen < (used?.unseenBelow ?? 0) && found.includes(unseen)) unseen += 1;
  return Math.max(used?.seenBelow ?? 0, ...found.filter((msn) => msn >= unseen).map((msn) => msn + 1));
}
