import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { HlsStreamError } from '../errors.ts';

/**
 * Makes sure that there is such a program: a path, or a name looked up in PATH.
 * @param what what named it, for the message
 * @throws HlsStreamError USAGE
 */
export async function findProgram(name: string | undefined, what: string): Promise<void> {
  if (name === undefined)
    throw new HlsStreamError(
      'USAGE',
      `${what} names no program; give one, for example exec:python3 detect.py`,
    );
  const places = /[/\\]/.test(name) ? [''] : (process.env.PATH ?? '').split(delimiter);
  for (const place of places) {
    const found = await access(join(place, name), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return;
  }
  throw new HlsStreamError(
    'USAGE',
    `${what}: there is no program ${name} that can be run; install it, or give its path`,
  );
}
