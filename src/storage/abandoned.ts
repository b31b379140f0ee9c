import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Milliseconds } from '../clock.ts';
import { holderFile, lockFolder } from './folder-lock.ts';
import { EPOCH_FOLDER } from './storage.ts';

/**
 * Removes the folders of streams that nobody runs any more and whose media is older than they were to keep it, as they
 * said themselves when they were run last. What says nothing of the kind is left alone. Resolves to their names.
 * @param own folder that is not to be looked at
 */
export async function removeAbandoned(root: string, own: string, now = Date.now()): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  const removed: string[] = [];
  for (const entry of entries) {
    const folder = join(root, entry.name);
    if (!entry.isDirectory() || entry.name === own) continue;
    const keep = await keptFor(folder);
    if (keep === undefined || (await newestChange(folder)) + keep > now) continue;
    const unlock = await lockFolder(folder).catch(() => undefined);
    // Somebody runs it.
    if (unlock === undefined) continue;
    try {
      await rm(folder, { recursive: true, force: true });
      removed.push(entry.name);
    } finally {
      await unlock();
    }
  }
  return removed;
}

/** How long a stream's media stays when it is not run, as its lock says. */
export async function keptFor(folder: string): Promise<Milliseconds | undefined> {
  const text = await readFile(holderFile(folder), 'utf8').catch(() => '');
  const found = /^keeps (\d+) ms$/m.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** When something of it was written last, in milliseconds since the Unix epoch. */
async function newestChange(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const epochs = names.filter((name) => EPOCH_FOLDER.test(name));
  const places = [
    holderFile(folder),
    ...epochs.flatMap((name) => [join(folder, name), join(folder, name, 'main')]),
  ];
  const changes = await Promise.all(
    places.map((place) =>
      stat(place).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  return Math.max(...changes);
}

/** Whether media of a stream lies in its folder. */
export async function hasEpochs(folder: string): Promise<boolean> {
  return (await readdir(folder).catch(() => [])).some((name) => EPOCH_FOLDER.test(name));
}
