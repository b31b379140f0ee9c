import type { Logger } from 'pino';
import { STORAGE_FAILURES } from '../api/metrics/process-stats.ts';
import type { Milliseconds } from '../clock.ts';
import { toErrorRecord } from '../errors.ts';
import type { DiskRoom, DiskRoomOptions } from '../packager/disk-room.ts';
import type { OpenStorage } from '../storage/storage.ts';

/** How often it is looked how much room there is, in milliseconds. */
const LOOK_MS: Milliseconds = 1000;

/** Has room made on the disk where it gets short; returns the stop. */
export function lookForRoom(room: DiskRoom, log: Logger): () => void {
  let failed = false;
  const timer = setInterval(() => {
    room.look().then(
      () => {
        failed = false;
      },
      (error: unknown) => {
        if (!failed) log.warn(toErrorRecord(error), 'room on the disk cannot be made');
        failed = true;
      },
    );
  }, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** Logs when the room on the disk gets short, and when it is enough again. */
export function logRoom(log: Logger): DiskRoomOptions['short'] {
  return (isShort, { free, size }) => {
    if (isShort)
      log.warn({ free, size }, 'the disk is short of space: the oldest media goes before its time');
    else log.info({ free, size }, 'there is enough space on the disk again');
  };
}

/** What the storage says of itself, for `/metrics`. */
export function storageFigures({ failures }: Pick<OpenStorage, 'failures'>): Record<string, number> {
  return Object.fromEntries(
    [...(failures ?? [])].map(([code, count]) => [`${STORAGE_FAILURES}${code}`, count]),
  );
}
