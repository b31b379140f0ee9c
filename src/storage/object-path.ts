import { HlsStreamError } from '../errors.ts';

const OBJECT_PATH = /^(?:[A-Za-z0-9_-][A-Za-z0-9_.-]*\/)*[A-Za-z0-9_-][A-Za-z0-9_.-]*$/;

/** Whether this may name an object or a folder. */
export function isObjectPath(path: string): boolean {
  return OBJECT_PATH.test(path);
}

/** The path as it came. @throws HlsStreamError STORAGE_FAILED for one that could lead elsewhere */
export function objectPath(path: string): string {
  if (isObjectPath(path)) return path;
  throw new HlsStreamError(
    'STORAGE_FAILED',
    `"${path}" is not an object path; parts are of [A-Za-z0-9_.-] and begin with no dot`,
  );
}
