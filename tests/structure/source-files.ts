import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { ROOT } from '../root.ts';

/** One of our own source files. Paths are relative to the repository, with `/`. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** Own files it imports, in any way TypeScript has. */
  readonly imports: readonly string[];
  /** Packages and node modules it imports, as written. */
  readonly packages: readonly string[];
}

/** All TypeScript files below these folders, sorted. */
export function sourceFiles(...folders: string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
      .sort()
      .map((name) => read(join(folder, name))),
  );
}

function read(path: string): SourceFile {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const specifiers = [
    ...text.matchAll(statement),
    ...text.matchAll(sideEffect),
    ...text.matchAll(dynamic),
  ].map(([, specifier = '']) => specifier);
  const own = specifiers.filter((specifier) => specifier.startsWith('.'));
  return {
    path,
    text,
    imports: own.map((specifier) => relative(ROOT, normalize(join(ROOT, dirname(path), specifier)))),
    packages: specifiers.filter((specifier) => !specifier.startsWith('.')),
  };
}

/** `import … from '…'` and `export … from '…'`, over any number of lines. */
const statement = /^\s*(?:import|export)\b[^;'"`]*?\bfrom\s*['"]([^'"]+)['"]/gm;
const sideEffect = /^\s*import\s*['"]([^'"]+)['"]/gm;
const dynamic = /\bimport\(\s*['"]([^'"]+)['"]/g;
