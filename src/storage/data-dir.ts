import { access, constants, lstat, mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { HlsStreamError } from '../errors.ts';

/** The data directory exists or can be made, and can be written. @throws HlsStreamError DATA_DIR_NOT_WRITABLE */
export async function checkDataDir(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new HlsStreamError(
      'DATA_DIR_NOT_WRITABLE',
      `cannot write to ${resolve(folder)} (${(cause as Error).message}); choose another --data-dir`,
      { cause },
    );
  }
}

/**
 * A stream's folder is no link: media is never read through one, so all of it would be missing.
 * @throws HlsStreamError DATA_DIR_LINK
 */
export async function refuseLink(folder: string): Promise<void> {
  // What cannot be looked at is found by whoever writes.
  const facts = await lstat(folder).catch(() => undefined);
  if (facts?.isSymbolicLink() !== true) return;
  throw new HlsStreamError(
    'DATA_DIR_LINK',
    `${resolve(folder)} is a symbolic link, and media is not read through links below --data-dir; mount the other place there (mount --bind), or make --data-dir itself the link`,
  );
}
