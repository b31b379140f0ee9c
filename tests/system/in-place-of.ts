import { rm } from 'node:fs/promises';

/** Puts something where the folder `path` is or was, which a running process may make anew at any instant. */
export async function inPlaceOf(path: string, put: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await rm(path, { recursive: true, force: true });
      return await put();
    } catch (error) {
      if (!['EEXIST', 'EISDIR', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? ''))
        throw error;
    }
  }
}
