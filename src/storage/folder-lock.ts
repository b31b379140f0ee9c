import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HlsStreamError } from '../errors.ts';
import { startOf } from './process-start.ts';

const LOCK_FILE = '.lock';

/**
 * Takes a folder for this process alone, made if missing; resolves to the release. A lock whose holder is
 * gone (it was killed, say) is taken over.
 * @throws HlsStreamError DATA_DIR_BUSY when a living process holds it, DATA_DIR_NOT_WRITABLE when it cannot
 *   be made or written
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, LOCK_FILE);
  await makeFolder(folder);
  const mine = `${process.pid} ${await startOf(process.pid)}\n`;
  for (let attempt = 0; attempt < 5; attempt += 1) {
    if (await create(file, mine)) {
      return async () => {
        if ((await content(file)) === mine) await rm(file, { force: true });
      };
    }
    const holder = await content(file);
    const [pid = '0', start = ''] = holder.trim().split(' ');
    if (holder !== '' && (await startOf(Number(pid))) === start) {
      throw new HlsStreamError(
        'DATA_DIR_BUSY',
        `${folder} is in use by process ${pid}; stop it, or choose another --name or --data-dir`,
      );
    }
    await rm(file, { force: true });
  }
  throw new HlsStreamError(
    'DATA_DIR_BUSY',
    `${folder} is being taken by another process at this moment; try again`,
  );
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw notWritable(folder, cause);
  }
}

/** Makes the file with its text in one step: nobody ever sees it empty. */
async function create(file: string, text: string): Promise<boolean> {
  const draft = `${file}.${process.pid}`;
  try {
    await writeFile(draft, text);
    await link(draft, file);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw notWritable(file, cause);
  } finally {
    await rm(draft, { force: true });
  }
}

async function content(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}

function notWritable(path: string, cause: unknown): HlsStreamError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new HlsStreamError(
    'DATA_DIR_NOT_WRITABLE',
    `cannot write ${path} (${reason}); choose another --data-dir`,
    {
      cause,
    },
  );
}
