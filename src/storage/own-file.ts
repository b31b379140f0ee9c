import { constants } from 'node:fs';
import fs from 'node:fs/promises';
import { dirname, join } from 'node:path';

const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/**
 * Reads a file that lies below a folder. A link in its place, or in that of a folder on the way, leads to what is not
 * ours to show, and what is no file has nothing to read: both count as missing.
 * @param root the folder; it may itself be reached by a link
 * @param path where in it, with slashes
 */
export async function readOwnFile(
  root: string,
  path: string,
  { open, realpath }: Pick<typeof fs, 'open' | 'realpath'> = fs,
): Promise<Buffer | undefined> {
  const target = join(root, path);
  const [realRoot, realFolder] = await Promise.all([realpath(root), realpath(dirname(target))]);
  if (realFolder !== dirname(join(realRoot, path))) return undefined;
  try {
    // A pipe must not keep us waiting for who writes into it.
    const file = await open(target, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      return (await file.stat()).isFile() ? await file.readFile() : undefined;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (['ELOOP', 'EMLINK', 'ENXIO'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
