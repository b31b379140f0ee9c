import { mkdir, readdir, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClassicLevel } from 'classic-level';
import type { Milliseconds } from '../clock.ts';
import { HlsStreamError, messageOf } from '../errors.ts';

/** LevelDB as it is used here. */
export type Database = ClassicLevel<string, Buffer>;

/** How often a folder is tried that another process has open, in milliseconds. */
const LOOK_MS = 100;

/** How a database is opened. */
export interface OpenDatabaseOptions {
  /** How long to wait for a process that has it open, in milliseconds. */
  readonly wait: Milliseconds;
  /** Gives up waiting. */
  readonly signal?: AbortSignal | undefined;
}

/** Only who opens a database needs it. */
async function loadLevel(): Promise<typeof ClassicLevel> {
  return (await import('classic-level')).ClassicLevel;
}

/** Whether opening failed because of what the files are, which repairing may help; else the disk itself fails. */
export function isDamage(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code !== 'LEVEL_IO_ERROR' || /no such file/i.test((error as Error).message);
}

/**
 * Opens the database in `folder`, made if missing. LevelDB locks the file LOCK in it by the operating system, so no
 * two processes have it open, whatever namespace or container they are in, and a lock never outlives its holder.
 * @throws HlsStreamError DATA_DIR_BUSY, DATA_DIR_NOT_WRITABLE; what LevelDB says of a damaged one goes through
 */
export async function openDatabase(folder: string, { wait, signal }: OpenDatabaseOptions): Promise<Database> {
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw notWritable(folder, cause);
  });
  const files = await readdir(folder).catch((): string[] => []);
  // LevelDB would begin anew there, and remove what it does not know.
  if (!files.includes('CURRENT') && files.some((name) => /\.(ldb|log)$/.test(name)))
    throw new Error(`${folder} has lost its file CURRENT`);
  const until = performance.now() + wait;
  const Level = await loadLevel();
  for (;;) {
    const database: Database = new Level(folder, {
      valueEncoding: 'buffer',
      // It is read once, when it is opened.
      cacheSize: 1024 * 1024,
      // It costs more time than what is kept is worth in space.
      compression: false,
    });
    try {
      await database.open();
      return database;
    } catch (error) {
      const cause = (error as Error).cause as NodeJS.ErrnoException | undefined;
      if (/permission denied|read-only file system/i.test(cause?.message ?? ''))
        throw notWritable(folder, cause);
      if (cause?.code !== 'LEVEL_LOCKED') throw cause ?? error;
      if (performance.now() > until || signal?.aborted) {
        throw new HlsStreamError(
          'DATA_DIR_BUSY',
          `${folder} is in use by another hlsstream; stop that one, or choose another --name or --data-dir`,
          { cause },
        );
      }
    }
    await delay(LOOK_MS, undefined, { ...(signal && { signal }) }).catch(() => {});
  }
}

/** Has LevelDB put together what can be read of a damaged database; says whether it could. */
export async function repairDatabase(folder: string): Promise<boolean> {
  const Level = await loadLevel();
  return Level.repair(folder).then(
    () => true,
    () => false,
  );
}

/** Puts a folder aside that cannot be opened, and says where it is now. */
export async function setAside(folder: string, now = new Date()): Promise<string> {
  const aside = `${folder}.damaged-${now.toISOString().replace(/\D/g, '').slice(0, 14)}`;
  await rename(folder, aside);
  return aside;
}

/** How many bytes of its newest writes LevelDB found damaged when it was opened, and left out. */
export async function droppedBytes(folder: string): Promise<number> {
  // It goes on without them, and says so nowhere else.
  const text = await readFile(join(folder, 'LOG'), 'utf8').catch(() => '');
  return [...text.matchAll(/dropping (\d+) bytes/g)].reduce((sum, [, bytes]) => sum + Number(bytes), 0);
}

/** What tells whether the folder of an open database is still the one that was opened. */
export async function identityOf(folder: string): Promise<number | undefined> {
  return stat(join(folder, 'LOCK')).then(
    ({ ino }) => ino,
    () => undefined,
  );
}

function notWritable(folder: string, cause: unknown): HlsStreamError {
  return new HlsStreamError(
    'DATA_DIR_NOT_WRITABLE',
    `cannot write ${folder} (${messageOf(cause)}); choose another --data-dir`,
    { cause },
  );
}

/** What the C library says of the disk, by the code for it. */
const SAID: Readonly<Record<string, RegExp>> = {
  ENOSPC: /no space left/i,
  EDQUOT: /quota/i,
  EROFS: /read-only/i,
  EIO: /input\/output/i,
  EMFILE: /too many open files/i,
  EACCES: /permission denied/i,
  ENOENT: /no such file| is gone/i,
};

/** The operating system's code that a call failed with; LevelDB tells it in words. */
export function diskCodeOf(error: unknown): string {
  let words = '';
  for (let cause = error; cause instanceof Error; cause = cause.cause) words += `${cause.message}\n`;
  return Object.entries(SAID).find(([, said]) => said.test(words))?.[0] ?? 'other';
}
