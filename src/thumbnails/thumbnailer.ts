import { type EpochMicroseconds, type Microseconds, toMilliseconds } from '../clock.ts';
import type { Frame } from '../container/frame.ts';
import type { MediaState } from '../hls/playlist-log.ts';
import {
  sheetFile,
  type ThumbnailLayoutEntry,
  type ThumbnailSheet,
  thumbnailFolder,
} from '../hls/thumbnail-log.ts';
import type { Storage } from '../storage/storage.ts';
import { Sheet } from './sheet.ts';
import type { ThumbnailPublisher } from './thumbnail-publisher.ts';

/** How long a sheet that is listed no more stays fetchable, in milliseconds, and at least so many intervals. */
const GRACE_MS = 60_000;
const GRACE_INTERVALS = 5;

/** A frame with its times in the media. */
export interface ShownFrame {
  readonly pts: Microseconds;
  readonly date: EpochMicroseconds;
  readonly frame: Frame;
}

/** What a {@link Thumbnailer} works with. */
export interface ThumbnailerOptions {
  /** Its state has a layout. */
  readonly facts: ThumbnailPublisher;
  readonly storage: Storage;
  /** The window that thumbnails stay as long as. */
  readonly stream: MediaState;
  /** Number of the next sheet: 0, or one more than any a process before this one told of. */
  readonly next: number;
  readonly failed: (error: unknown) => void;
  /** Monotonic milliseconds. @default performance.now */
  readonly now?: () => number;
}

/**
 * Makes a tile of the first real frame at or after each multiple of the interval. Drawing is all that the frame
 * path waits for; while a sheet is compressed and written the next tile waits, and one that waits for a whole
 * interval is left out.
 */
export class Thumbnailer {
  readonly counts = { made: 0, skipped: 0 };
  readonly #options: ThumbnailerOptions;
  readonly #layout: ThumbnailLayoutEntry;
  readonly #now: () => number;
  readonly #leaving: { readonly at: number; readonly file: string }[] = [];
  #sheet: Sheet | undefined;
  #number: number;
  #tiles = 0;
  #slot: number | undefined;
  #making: Promise<void> | undefined;

  constructor(options: ThumbnailerOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#number = options.next;
    const { layout, sheets } = options.facts.state;
    if (layout === undefined) throw new RangeError('thumbnails need a layout');
    this.#layout = layout;
    this.#adopt(sheets.at(-1));
  }

  /** Shows it a frame, whose memory it does not keep; never throws. */
  take(shown: ShownFrame): void {
    const slot = Math.floor(shown.pts / this.#layout.interval);
    if (slot === this.#slot || this.#making !== undefined) return;
    // Only a multiple that follows at once was missed; after a break there was nothing to show.
    if (this.#slot !== undefined && slot === this.#slot + 2) this.counts.skipped += 1;
    this.#slot = slot;
    try {
      this.#sheet ??= new Sheet(this.#layout);
      this.#sheet.draw(this.#tiles, shown.frame);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#making = this.#make(this.#sheet, shown)
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#making = undefined;
      });
  }

  /** Resolves when what is being made is done. */
  async close(): Promise<void> {
    await this.#making;
  }

  /**
   * Storage has lost objects: full sheets up to the newest that is not there are told no more; the one that is being
   * filled is written anew with its next tile. Rejects as `has` does.
   */
  async forgetLost(has: (path: string) => Promise<boolean>): Promise<void> {
    const { facts } = this.#options;
    const listed = facts.state.sheets.filter(({ number }) => number < this.#number);
    const there = await Promise.all(
      listed.map(({ number, tiles }) => has(this.#path(sheetFile(number, tiles.length)))),
    );
    const lost = there.lastIndexOf(false);
    if (lost !== -1) await this.#remove(listed.slice(0, lost + 1));
  }

  async #make(canvas: Sheet, { pts, date }: ShownFrame): Promise<void> {
    const { facts, storage } = this.#options;
    const sheet = this.#number;
    const index = this.#tiles;
    await storage.write(this.#path(sheetFile(sheet, index + 1)), [await canvas.encode()]);
    const layout = index === 0 ? { layout: this.#layout } : {};
    await facts.append({ type: 'tile', sheet, index, pts, date, ...layout });
    this.counts.made += 1;
    if (index > 0) this.#leave(sheetFile(sheet, index));
    this.#tiles += 1;
    if (this.#tiles === this.#layout.columns * this.#layout.rows) this.#turnOver();
    await this.#keepWindow();
  }

  #turnOver(): void {
    this.#sheet = undefined;
    this.#number += 1;
    this.#tiles = 0;
  }

  async #keepWindow(): Promise<void> {
    const { facts, stream, storage } = this.#options;
    const start = stream.segments[0]?.pts ?? 0;
    const { sheets } = facts.state;
    // The newest tile of a sheet that ends before the window still shows its first moments.
    const kept = sheets.findIndex((_, index) => (sheets[index + 1]?.tiles[0]?.pts ?? Infinity) > start);
    await this.#remove(sheets.slice(0, Math.max(0, kept)));
    const due: string[] = [];
    while (this.#leaving[0] !== undefined && this.#leaving[0].at <= this.#now())
      due.push(this.#path(this.#leaving.shift()?.file ?? ''));
    if (due.length > 0) await storage.remove(due);
  }

  /** Tells no more of the oldest sheets; their files stay for a grace. */
  async #remove(oldest: readonly ThumbnailSheet[]): Promise<void> {
    for (const sheet of oldest) this.#leave(sheetFile(sheet.number, sheet.tiles.length));
    const last = oldest.at(-1);
    if (last !== undefined) await this.#options.facts.append({ type: 'removed', before: last.number + 1 });
  }

  /** What a process before this one had replaced but not removed yet. */
  #adopt(sheet: ThumbnailSheet | undefined): void {
    for (let tiles = 1; tiles < (sheet?.tiles.length ?? 0); tiles += 1)
      this.#leave(sheetFile(sheet?.number ?? 0, tiles));
  }

  #leave(file: string): void {
    const grace = Math.max(GRACE_MS, toMilliseconds(GRACE_INTERVALS * this.#layout.interval));
    this.#leaving.push({ at: this.#now() + grace, file });
  }

  #path(file: string): string {
    const { name, epoch } = this.#options.stream.stream;
    return `${thumbnailFolder(name, epoch)}/${file}`;
  }

  #fail(error: unknown): void {
    this.counts.skipped += 1;
    this.#options.failed(error);
  }
}
