import { readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Closed segments in the folder of an epoch. */
const SEGMENT = /^e[0-9a-f]{10}\/main\/\d+\.m4s$/;

/** So many of the newest segments stay. */
const LEAST = 3;

/**
 * Removes the oldest segments of a stream that does not run, until so many bytes are free again or only a few segments
 * are left: a disk that somebody else has filled would keep it from being started, and so from making room in order. What
 * lists them leaves them out. Resolves to the bytes that were freed.
 */
export async function makeRoom(folder: string, bytes: number): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const segments = await Promise.all(
    names
      .filter((name) => SEGMENT.test(name))
      .map(async (name) => {
        const path = join(folder, name);
        const { mtimeMs, size } = await stat(path).catch(() => ({ mtimeMs: 0, size: 0 }));
        return { path, mtimeMs, size };
      }),
  );
  const oldest = segments.toSorted((a, b) => a.mtimeMs - b.mtimeMs).slice(0, -LEAST);
  let freed = 0;
  for (const { path, size } of oldest) {
    if (freed >= bytes) break;
    await unlink(path).then(
      () => {
        freed += size;
      },
      () => {},
    );
  }
  return freed;
}
