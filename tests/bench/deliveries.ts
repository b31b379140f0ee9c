import { stat } from 'node:fs/promises';
import { join } from 'node:path';

/** How parts came to viewers. */
export interface Delays {
  /** From a part's file being written to a viewer having all of it, in milliseconds. */
  readonly delays: readonly number[];
  /** Bytes delivered to all viewers. */
  readonly bytes: number;
}

/**
 * Holds what viewers noted against the modification times of the files.
 * @param playlist URL of the Media Playlist: the files lie where its path says
 * @param deliveries for each part, by its file name: when a viewer had all of it, in ms since the Unix epoch
 */
export async function delaysOf(
  dataDir: string,
  playlist: string,
  deliveries: Readonly<Record<string, readonly number[]>>,
): Promise<Delays> {
  const folder = join(dataDir, new URL('.', playlist).pathname.replace('/video/', ''));
  const delays: number[] = [];
  let bytes = 0;
  for (const [file, times] of Object.entries(deliveries)) {
    const { mtimeMs, size } = await stat(join(folder, file));
    bytes += size * times.length;
    for (const time of times) delays.push(time - mtimeMs);
  }
  return { delays, bytes };
}
