import { basename, join } from 'node:path';

/** A local socket of this name in a folder of its own; on Windows these are named pipes. */
export function socketIn(folder: string, name: string): string {
  return process.platform === 'win32'
    ? `\\\\.\\pipe\\${basename(folder)}-${name}`
    : join(folder, `${name}.sock`);
}
