import { readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Milliseconds } from '../clock.ts';
import { HlsStreamError, messageOf } from '../errors.ts';
import { type Database, type OpenDatabaseOptions, openDatabase } from '../level/database.ts';

/** A database without records; what counts is that the operating system lets one process at a time open it. */
const LOCK_FOLDER = '.locked';

/** What earlier versions had instead: a file that named a process. */
const FORMER_LOCK = '.lock';

/** Says, for whoever finds the folder locked, who has it. */
const HOLDER_FILE = 'holder';

/** How a folder is taken. */
export interface LockOptions extends OpenDatabaseOptions {
  /** How long what is in it stays when nobody has it any more. */
  readonly keep?: Milliseconds;
}

/** Where a folder says who has it, or had it last, and how long what is in it stays. */
export function holderFile(folder: string): string {
  return join(folder, LOCK_FOLDER, HOLDER_FILE);
}

/**
 * Takes a folder for this process alone, made if missing; resolves to the release. The lock is the operating system's:
 * it holds across containers, and ends with its holder, however that ends.
 * @throws HlsStreamError DATA_DIR_BUSY when a living process holds it, DATA_DIR_NOT_WRITABLE when it cannot
 *   be made or written
 */
export async function lockFolder(
  folder: string,
  { keep, ...options }: LockOptions = { wait: 0 },
): Promise<() => Promise<void>> {
  const lock = join(folder, LOCK_FOLDER);
  const holder = holderFile(folder);
  try {
    const database = await openLock(lock, options);
    await rm(join(folder, FORMER_LOCK), { force: true });
    await writeFile(holder, said(keep)).catch(() => {});
    return () => database.close();
  } catch (error) {
    if (!(error instanceof HlsStreamError) || error.code !== 'DATA_DIR_BUSY') throw error;
    const [who = ''] = (await readFile(holder, 'utf8').catch(() => 'another process')).split('\n');
    const message = `${folder} is in use by ${who}; stop it, or choose another --name or --data-dir`;
    throw new HlsStreamError('DATA_DIR_BUSY', message, { cause: error });
  }
}

/** Whatever became of its files: nothing is in it. */
async function openLock(lock: string, options: OpenDatabaseOptions): Promise<Database> {
  try {
    return await openDatabase(lock, options);
  } catch (error) {
    if (error instanceof HlsStreamError) throw error;
    return await rm(lock, { recursive: true, force: true })
      .then(() => openDatabase(lock, options))
      .catch((cause: unknown) => {
        if (cause instanceof HlsStreamError) throw cause;
        throw new HlsStreamError(
          'DATA_DIR_NOT_WRITABLE',
          `cannot lock ${lock} (${messageOf(cause)}); make room or mend the disk, or choose another --data-dir`,
          { cause },
        );
      });
  }
}

function said(keep: Milliseconds | undefined): string {
  const keeps = keep === undefined ? '' : `keeps ${Math.round(keep)} ms\n`;
  return `process ${process.pid} on ${hostname()}\n${keeps}`;
}
