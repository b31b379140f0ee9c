import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseReadToken } from '../api/access/tokens.ts';
import type { ApiOptions } from '../api/api.ts';
import type { Config } from '../config/config.ts';
import { HlsStreamError, messageOf } from '../errors.ts';

/** The file of keys that is made where none is named: below the data directory. */
const OWN_FILE = '.sign-keys';

/** The shortest key that is taken from a file, in characters. */
const SHORTEST = 16;

type KeySettings = Pick<Config, 'signKey' | 'signKeyFile' | 'dataDir'>;

/**
 * Who may read, as the settings say; undefined where all may.
 * @throws HlsStreamError USAGE for a file of keys that cannot be read or holds none
 */
export async function readers(config: Config): Promise<ApiOptions['readers']> {
  const { access, readToken, token } = config;
  if (access === 'public') return undefined;
  const tokens = readToken.map(parseReadToken);
  // Who may write may read.
  if (token !== undefined) tokens.push({ secret: token, streams: undefined });
  return { tokens, keys: await signKeys(config) };
}

/**
 * The keys of signatures: those given and those of the file; where none are, one that is made once and kept.
 * @throws HlsStreamError USAGE for a file that cannot be read, or holds a key that is too short
 */
export async function signKeys({ signKey, signKeyFile, dataDir }: KeySettings): Promise<string[]> {
  if (signKeyFile !== undefined) return [...signKey, ...(await keysIn(signKeyFile))];
  if (signKey.length > 0) return [...signKey];
  const file = join(dataDir, OWN_FILE);
  await makeOnce(dataDir, file);
  return keysIn(file);
}

async function keysIn(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new HlsStreamError('USAGE', `the keys in ${file} cannot be read (${messageOf(cause)})`, { cause });
  });
  const keys = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (keys.length > 0 && keys.every((key) => key.length >= SHORTEST)) return keys;
  throw new HlsStreamError(
    'USAGE',
    `${file} is to hold keys of signatures, one a line, each of ${SHORTEST} or more characters`,
  );
}

/** Whole at once, for other processes make it, too; the first one wins. */
async function makeOnce(folder: string, file: string): Promise<void> {
  const draft = `${file}.${process.pid}`;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
    await link(draft, file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw new HlsStreamError(
      'DATA_DIR_NOT_WRITABLE',
      `no key of signatures can be kept in ${file} (${messageOf(cause)}); give one with --sign-key-file`,
      { cause },
    );
  } finally {
    await rm(draft, { force: true });
  }
}
