import type { EpochMicroseconds } from '../../src/clock.ts';
import { toIsoDate } from '../../src/clock.ts';

/** Name of a file that holds something of a stream from this date, fit for every file system. Pure. */
export function fileName(stream: string, date: EpochMicroseconds, ending: string): string {
  return `${stream}-${toIsoDate(date).replaceAll(':', '-')}.${ending}`;
}

/** Lets the browser keep `blob` as a file. */
export function saveFile(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download has taken hold of it by then.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
