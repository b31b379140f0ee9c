import { readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { EPOCH_FOLDER } from './storage.ts';

/** What goes with the oldest media: its bytes, and the objects of its frames. */
const MEDIA = /\.(?:m4s|objects\.json)$/;

/** Closed segments. */
const SEGMENT = /[/\\]\d+\.m4s$/;

/** So many of the newest segments stay. */
const LEAST = 3;

/** A file of media. */
interface MediaFile {
  readonly path: string;
  readonly size: number;
  /** When, in milliseconds since the Unix epoch. */
  readonly written: number;
}

/** The media files below a stream's folder, the oldest first; what goes meanwhile is left out. */
export async function mediaOf(folder: string): Promise<readonly MediaFile[]> {
  const names = await readdir(folder).catch(() => []);
  const files: MediaFile[] = [];
  for (const epoch of names.filter((name) => EPOCH_FOLDER.test(name))) {
    const place = join(folder, epoch, 'main');
    for (const name of await readdir(place).catch(() => [])) {
      if (!MEDIA.test(name)) continue;
      const facts = await stat(join(place, name)).catch(() => undefined);
      if (facts) files.push({ path: join(place, name), size: facts.size, written: facts.mtimeMs });
    }
  }
  return files.sort((one, other) => one.written - other.written);
}

/**
 * Removes the oldest segments of a stream that does not run, until so many bytes are free again or only a few segments
 * are left: a disk that somebody else has filled would keep it from being started, and so from making room in order. What
 * lists them leaves them out. Resolves to the bytes that were freed.
 */
export async function makeRoom(folder: string, bytes: number): Promise<number> {
  const segments = (await mediaOf(folder)).filter(({ path }) => SEGMENT.test(path));
  let freed = 0;
  for (const { path, size } of segments.slice(0, -LEAST)) {
    if (freed >= bytes) break;
    await unlink(path);
    freed += size;
  }
  return freed;
}
