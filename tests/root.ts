import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The repository's folder, with or without a build between it and this file; ends without a slash. */
export const ROOT = above(import.meta.dirname);

function above(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : above(dirname(folder));
}
