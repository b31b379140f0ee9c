import { packageFile } from '../src/package-file.ts';

/** The repository's folder, with or without a build between it and this file; ends without a slash. */
export const ROOT = packageFile('');
