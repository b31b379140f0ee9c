import type fs from 'node:fs/promises';
import { HlsStreamError, messageOf } from '../errors.ts';

/** The calls to the operating system that media on a disk needs. */
export type Disk = Pick<
  typeof fs,
  'lstat' | 'mkdir' | 'open' | 'readdir' | 'realpath' | 'rename' | 'rm' | 'statfs' | 'unlink'
>;

/** What ails a disk, and what helps, by the operating system's code. */
const AILMENTS: Readonly<Record<string, readonly [what: string, help: string]>> = {
  ENOSPC: ['the disk is full', 'make room on it, or give a shorter --window'],
  EDQUOT: ['the quota is used up', 'make room, or have it raised'],
  EROFS: ['the disk is read-only', 'look at why, and mount it anew'],
  EIO: ['the disk fails', 'look at the log of the system'],
  EMFILE: ['this process has too many files open', 'raise its limit (ulimit -n)'],
  ENFILE: ['this machine has too many files open', 'raise its limit (fs.file-max)'],
  EACCES: ['permission is denied', 'look at who owns the folder'],
  EPERM: ['permission is denied', 'look at who owns the folder'],
};

/** The codes that say that there is no room. */
const NO_ROOM = ['ENOSPC', 'EDQUOT'];

/** The operating system's code underneath an error, for example `ENOSPC`; undefined where there is none. */
export function errnoOf(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (!(cause instanceof HlsStreamError) && typeof code === 'string') return code;
  }
  return undefined;
}

/** Whether an error says that there is no such file or folder. */
export function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/**
 * What a call to the disk failed with, as an error that names it and says what to do.
 * @param what what failed, for example `cannot write /data/0.m4s`
 */
export function diskFailure(what: string, cause: unknown): HlsStreamError {
  if (cause instanceof HlsStreamError) return cause;
  const code = errnoOf(cause);
  const ailment = code === undefined ? undefined : AILMENTS[code];
  const reason = ailment === undefined ? messageOf(cause) : `${ailment[0]} (${code}); ${ailment[1]}`;
  const kind = NO_ROOM.includes(code ?? '') ? 'STORAGE_FULL' : 'STORAGE_FAILED';
  return new HlsStreamError(kind, `${what}: ${reason}`, { cause });
}
