import { type EpochMicroseconds, type Milliseconds, millisecondsToSeconds } from '../clock.ts';
import type { HlsStreamError } from '../errors.ts';
import { mediaFolder } from '../hls/playlist-log.ts';
import { isStorageFailure } from '../storage/storage.ts';
import { GapWriter } from './gap-writer.ts';
import type { PackagerOptions } from './packager-options.ts';
import { endLastRun } from './part-writer.ts';

/** How often it is tried whether the storage takes something again. */
const TRY_MS: Milliseconds = 400;

/** What it must take then, in bytes: a few segments, and no less than this. */
const LEAST = 128 * 1024;
const SEGMENTS = 3;

/**
 * The time in which storage takes nothing: the disk is full, read-only or broken. Nothing is encoded then, and it is
 * tried again and again.
 */
export class Outage {
  readonly #options: PackagerOptions;
  /** Monotonic milliseconds; undefined while all is well. */
  #since: Milliseconds | undefined;
  #notBefore: Milliseconds = 0;
  #reason = '';

  constructor(options: PackagerOptions) {
    this.#options = options;
  }

  /** Storage has refused media. Resolves to what lists gaps from now on, behind the segment that is half open. */
  async begin(error: HlsStreamError, now: Milliseconds, last: EpochMicroseconds): Promise<GapWriter> {
    const { publisher, plan, storage } = this.#options;
    this.#refused(error, now);
    await endLastRun(publisher, storage);
    return new GapWriter({ publisher, plan, filler: { kind: 'gap', since: last }, now, notBefore: 0 });
  }

  /**
   * When the storage is tried again though the source is silent, in monotonic milliseconds; infinity while all is well,
   * or where nothing would be shown.
   */
  get due(): Milliseconds {
    const { inputLoss = 'pause' } = this.#options;
    return this.#since === undefined || !['slate', 'repeat'].includes(inputLoss) ? Infinity : this.#notBefore;
  }

  /** Whether it lasts; tries the storage where the last time is long enough ago. */
  async lasts(now: Milliseconds): Promise<boolean> {
    if (this.#since === undefined) return false;
    if (now < this.#notBefore) return true;
    const { publisher, storage, onEvent } = this.#options;
    const { stream, segments } = publisher.state;
    const bytes = Math.max(LEAST, ...segments.slice(-8).map((segment) => SEGMENTS * segment.bytes));
    // Whoever finds it after a crash removes it: it is not listed.
    const path = `${mediaFolder(stream.name, stream.epoch)}/attempt`;
    try {
      await storage.write(path, [new Uint8Array(bytes)]);
      await storage.remove([path]);
    } catch (error) {
      if (!isStorageFailure(error)) throw error;
      this.#refused(error, now);
      return true;
    }
    onEvent?.({ type: 'storage-back', seconds: millisecondsToSeconds(now - this.#since) });
    this.#since = undefined;
    this.#reason = '';
    return false;
  }

  #refused(error: HlsStreamError, now: Milliseconds): void {
    this.#since ??= now;
    this.#notBefore = now + TRY_MS;
    // The name of what was to be written is another each time.
    const reason = error.message.replace(/^[^:]*: /, '');
    if (reason !== this.#reason) this.#options.onEvent?.({ type: 'storage-failed', error });
    this.#reason = reason;
  }
}
