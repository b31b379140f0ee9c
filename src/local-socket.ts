import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { HlsStreamError, messageOf } from './errors.ts';

/** Makes a folder for local sockets, below that for what is temporary. @throws HlsStreamError TMP_NOT_WRITABLE */
export function makeSocketFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'hlsstream-sockets-'));
  } catch (cause) {
    throw new HlsStreamError(
      'TMP_NOT_WRITABLE',
      `cannot make a folder for local sockets in ${tmpdir()} (${messageOf(cause)}); make room there, or set TMPDIR to a folder that can be written`,
      { cause },
    );
  }
}

/** A local socket of this name in a folder of its own; on Windows these are named pipes. */
export function socketIn(folder: string, name: string): string {
  return process.platform === 'win32'
    ? `\\\\.\\pipe\\${basename(folder)}-${name}`
    : join(folder, `${name}.sock`);
}
