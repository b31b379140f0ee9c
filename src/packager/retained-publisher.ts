import { segmentFiles } from '../hls/objects-file.ts';
import { mediaFolder, segmentFile } from '../hls/playlist-log.ts';
import {
  applyRetainedEntry,
  emptyRetainedState,
  type RetainedEntry,
  type RetainedPage,
  type RetainedState,
  retainedLogName,
} from '../hls/retained-log.ts';
import { describePage, pageFile, pageText, type RetainedSegment } from '../hls/retained-page.ts';
import type { StreamEntry } from '../hls/stream-log.ts';
import type { Storage } from '../storage/storage.ts';
import { readAll } from '../store/log/read-all.ts';
import type { Cursor, Store } from '../store/store.ts';
import type { Publisher } from './publisher.ts';

/** After how many removed pages the log is trimmed. */
const TRIM_EVERY = 16;

/**
 * Writes pages of Media Segments that are kept, and appends them to their log, in the publisher's own queue: what it
 * could not append follows with the rest.
 */
export class RetainedPublisher {
  /** What is kept; folded before the store has it. */
  readonly state: RetainedState;
  readonly #log: string;
  readonly #name: string;
  readonly #storage: Storage;
  readonly #cursors: Map<string, Cursor>;
  /** Texts of pages that are not in storage yet, by path. */
  readonly #unwritten = new Map<string, string>();
  #publisher: Publisher | undefined;
  /** Pages that were removed since the log was trimmed last. */
  #removed = 0;

  private constructor(
    name: string,
    storage: Storage,
    known: { state: RetainedState; cursors: Map<string, Cursor> },
  ) {
    this.#name = name;
    this.#log = retainedLogName(name);
    this.#storage = storage;
    this.state = known.state;
    this.#cursors = known.cursors;
  }

  /** Goes on from what the log holds. Rejects with STORE_*. */
  static async open(store: Store, name: string, storage: Storage): Promise<RetainedPublisher> {
    const state = emptyRetainedState();
    const cursors = new Map<string, Cursor>();
    for (const { value, cursor } of await readAll(store, retainedLogName(name))) {
      const entry = value as RetainedEntry;
      applyRetainedEntry(state, entry);
      if (entry.type === 'page') cursors.set(keyOf(entry), cursor);
    }
    return new RetainedPublisher(name, storage, { state, cursors });
  }

  /** Appends in the turns of this publisher from now on. */
  attach(publisher: Publisher): void {
    this.#publisher = publisher;
    publisher.alsoAppend(() => this.#appendAll(publisher));
  }

  /** Keeps these successive segments as a page. @param beside how many bytes lie beside them and go with them */
  page(segments: readonly RetainedSegment[], stream: StreamEntry, beside = 0): void {
    const described = describePage(segments, stream);
    if (described === undefined) return;
    const page = { ...described, bytes: described.bytes + beside };
    this.#unwritten.set(pageFile(this.#name, page.epoch, page.first), pageText(segments));
    void this.#append(page);
  }

  /** Whether a page is in storage, and its first or last segment. Rejects as `has` does. */
  async isThere(page: RetainedPage, has: (path: string) => Promise<boolean>): Promise<boolean> {
    const { epoch, first, last } = page;
    const path = pageFile(this.#name, epoch, first);
    if (this.#unwritten.has(path)) return true;
    const folder = mediaFolder(this.#name, epoch);
    const segments = [first, last].filter((msn) => !page.gaps?.includes(msn));
    const [isListed, ...media] = await Promise.all([
      has(path),
      ...segments.map((msn) => has(`${folder}/${segmentFile(msn)}`)),
    ]);
    return isListed === true && (media.length === 0 || media.includes(true));
  }

  /**
   * Lets the oldest pages go, and then their media. Rejects with STORAGE_FAILED.
   * @param waits until the store knows. Not where room is made for what is written in a turn of the publisher: that
   *   would wait for itself
   */
  async remove(pages: readonly RetainedPage[], waits = true): Promise<void> {
    const last = pages.at(-1);
    if (last === undefined) return;
    const told = this.#append({ type: 'removed', before: last.end });
    if (waits) await told;
    for (const page of pages) {
      this.#cursors.delete(keyOf(page));
      this.#unwritten.delete(pageFile(this.#name, page.epoch, page.first));
      await this.#storage.remove(filesOf(this.#name, page));
    }
    this.#removed += pages.length;
    const trimmed = this.#trim();
    if (waits) await trimmed;
  }

  #append(entry: RetainedEntry): Promise<void> {
    applyRetainedEntry(this.state, entry);
    const publisher = this.#publisher;
    if (publisher === undefined) return Promise.resolve();
    return publisher.inTurn(() => this.#appendNow(publisher, entry));
  }

  async #appendAll(publisher: Publisher): Promise<void> {
    const { before, pages } = this.state;
    const removed: RetainedEntry[] = Number.isFinite(before) ? [{ type: 'removed', before }] : [];
    await Promise.all([...removed, ...pages].map((entry) => this.#appendNow(publisher, entry)));
  }

  async #appendNow(publisher: Publisher, entry: RetainedEntry): Promise<void> {
    for (const [path, text] of this.#unwritten) {
      await this.#storage.write(path, [Buffer.from(text)]);
      this.#unwritten.delete(path);
    }
    const id = entry.type === 'page' ? keyOf(entry) : `removed/${entry.before}`;
    const cursor = await publisher.append(this.#log, entry, id);
    if (entry.type === 'page') this.#cursors.set(id, cursor);
  }

  async #trim(): Promise<void> {
    const [first] = this.state.pages;
    const cursor = first && this.#cursors.get(keyOf(first));
    const publisher = this.#publisher;
    if (this.#removed < TRIM_EVERY || cursor === undefined) return;
    this.#removed = 0;
    await publisher?.inTurn(() => publisher.trim(this.#log, cursor));
  }
}

function keyOf({ epoch, first }: RetainedPage): string {
  return `${epoch}/${first}`;
}

/** Everything in storage that goes with a page. */
function filesOf(name: string, { epoch, first, last }: RetainedPage): string[] {
  const folder = mediaFolder(name, epoch);
  const segments = Array.from({ length: last - first + 1 }, (_, at) => first + at).flatMap(segmentFiles);
  return [...segments.map((file) => `${folder}/${file}`), pageFile(name, epoch, first)];
}
