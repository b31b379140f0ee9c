import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** One benchmark or soak: the programs it runs, by name or path, and how it goes. */
export interface Measurement<T> {
  readonly needs: readonly string[];
  readonly run: (print: (line: string) => void) => Promise<T>;
}

/**
 * Picks those that are wanted by name, or all, in their order. Ends the process with a sentence when a name is
 * unknown or a program is missing: before hours of measuring, not in the middle of them.
 */
export function chooseMeasurements<T>(
  kind: string,
  all: Readonly<Record<string, Measurement<T>>>,
  wanted: readonly string[],
): Measurement<T>[] {
  const unknown = wanted.filter((name) => !(name in all));
  if (unknown.length > 0)
    fail(`there is no ${kind} ${unknown.join(', ')}; there are ${Object.keys(all).join(', ')}`);
  const chosen = Object.entries(all).filter(([name]) => wanted.length === 0 || wanted.includes(name));
  const lacking = chosen.flatMap(([name, { needs }]) => {
    const missing = needs.filter((program) => !isHere(program));
    return missing.length === 0 ? [] : [`${name} needs ${missing.join(' and ')}`];
  });
  if (lacking.length > 0) {
    fail(
      `the ${kind} ${lacking.join(', ')}, not found on this machine; bin/setup --bench installs what is missing`,
    );
  }
  return chosen.map(([, measurement]) => measurement);
}

function isHere(program: string): boolean {
  const places = program.includes('/') ? [''] : (process.env.PATH ?? '').split(delimiter);
  return places.some((place) => {
    try {
      accessSync(join(place, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function fail(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(2);
}
