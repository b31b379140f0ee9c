import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The package's folder: the nearest one above the built code that has a package.json. */
const FOLDER = above(import.meta.dirname);

function above(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : above(dirname(folder));
}

/** The full path of a file or folder that comes with the package, wherever the build put the code that asks. */
export function packageFile(path: string): string {
  return join(FOLDER, path);
}
