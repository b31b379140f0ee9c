import type { Frame } from '../../src/container/frame.ts';
import { HlsStreamError } from '../../src/errors.ts';
import type { Storage } from '../../src/storage/storage.ts';

/** A stream as its log announces it. */
export const stream = {
  ...{ name: 'cam', epoch: 'e1', startedAt: 0, targetDuration: 2e6, window: 60e6 },
  ...{ partTarget: 510_000, partHoldBack: 1_530_000, holdBack: 6e6 },
};

/** Objects in memory; `broken` makes every write fail. */
export class Shelf implements Storage {
  readonly objects = new Map<string, Buffer>();
  broken = false;
  async write(path: string, chunks: readonly Uint8Array[]): Promise<void> {
    if (this.broken) throw new HlsStreamError('STORAGE_FAILED', 'the disk is full');
    this.objects.set(path, Buffer.concat(chunks));
  }
  async read(path: string): Promise<Buffer | undefined> {
    return this.objects.get(path);
  }
  async remove(paths: readonly string[]): Promise<void> {
    for (const path of paths) this.objects.delete(path);
  }
  async removeFolder(): Promise<void> {}
  async folders(): Promise<string[]> {
    return [];
  }
}

/** A frame of 320x180 pixels, all of the same grey. */
export function grey(level: number): Frame {
  const data = new Uint8Array(320 * 180 * 4).fill(level);
  return { pts: 0, capturedAt: 0, width: 320, height: 180, data };
}
