import { toMilliseconds } from '../clock.ts';
import { segmentFiles } from '../hls/objects-file.ts';
import { initFile, listedOpenParts, mediaFolder, partFile, segmentFile } from '../hls/playlist-log.ts';
import type { Storage } from '../storage/storage.ts';
import type { PackagerOptions } from './packager-options.ts';
import type { Publisher } from './publisher.ts';
import type { Retention } from './retention.ts';
import type { RetainedFiles } from './retention-options.ts';
import { countExpired, countSpared, RetentionQueue } from './retention-queue.ts';

/** What a process before this one left beside what is listed. */
export interface Leftovers {
  /** Files that were written, but never listed: they are removed. */
  readonly unlisted: number;
  /** The media sequence numbers of these. */
  readonly numbers: readonly number[];
  /** Files that left the list: they go when nobody can ask for them any more. */
  readonly delisted: number;
}

/** When it is tried again to remove what could not be, in milliseconds. */
const REMOVED_AGAIN = 10_000;

/** Segments in grace that a process before this one may have left, beyond as many as are listed now. */
const SLACK = 16;

/**
 * Keeps the Media Playlist as long as the window, and storage free of what nobody can ask for any more. Only
 * files of the epoch's own folder are touched.
 */
export class PlaylistWindow {
  readonly #publisher: Publisher;
  readonly #storage: Storage;
  readonly #now: () => number;
  readonly #onError: (error: unknown) => void;
  readonly #retention: Retention | undefined;
  readonly #grace = new RetentionQueue();
  #newest = -1;

  /**
   * @param now monotonic milliseconds
   * @param retention what keeps that which leaves the list
   */
  constructor(
    { publisher, storage, retention }: Pick<PackagerOptions, 'publisher' | 'storage' | 'retention'>,
    now: () => number,
    onError: (error: unknown) => void,
  ) {
    this.#retention = retention;
    this.#publisher = publisher;
    this.#storage = storage;
    this.#now = now;
    this.#onError = onError;
  }

  /**
   * Takes over what a process before this one left. Rejects with STORAGE_FAILED.
   * @param stock objects that lie below the epoch's folder, where that is known
   */
  async adopt(stock: readonly string[] | undefined): Promise<Leftovers | undefined> {
    if (stock !== undefined) return this.#compare(stock);
    this.#adoptUnseen();
    return undefined;
  }

  /** Does what is due; cheap when no segment was closed since the last call. */
  keep(): void {
    const { state } = this.#publisher;
    const newest = state.segments.at(-1);
    const first = state.segments[0];
    if (newest === undefined || first === undefined || newest.msn === this.#newest) return;
    const now = this.#now();
    for (const segment of state.segments.slice(this.#newest - newest.msn)) {
      this.#grace.segmentClosed(segment, state.stream.targetDuration, now);
    }
    this.#newest = newest.msn;
    this.#grace.listed(newest.pts + newest.duration - first.pts);
    this.#delist(countExpired(state), now);
    this.#remove(this.#grace.over(now)).catch(this.#onError);
  }

  /**
   * For want of room: what has left the list goes before its time, and the oldest that is listed leaves it, down to a few
   * segments. Resolves to how many bytes that is; rejects with STORAGE_FAILED.
   * @param atOnce nothing can be written: what leaves the list is not kept for whoever has an older one
   */
  async release(bytes: number, atOnce: boolean): Promise<number> {
    const now = this.#now();
    const gone = this.#grace.early(bytes);
    // Where nothing can be removed nothing is to leave the list.
    await this.#remove(gone.files);
    const delisted = this.#delist(countSpared(this.#publisher.state, bytes - gone.bytes), now);
    if (atOnce) await this.#remove(this.#grace.early(delisted).files);
    return gone.bytes + delisted;
  }

  /**
   * Storage has lost objects: of what is listed, all up to the newest Media Segment that is not there, or whose init
   * segment is not, leaves the list, for a Media Playlist has no holes. Resolves to their number; rejects as `has` does.
   */
  async forgetLost(has: (path: string) => Promise<boolean>): Promise<number> {
    const { stream, segments } = this.#publisher.state;
    const folder = mediaFolder(stream.name, stream.epoch);
    const listed = [...segments];
    const there = await Promise.all(
      // A gap has no file to lose, but an init segment that its EXT-X-MAP names.
      listed.map(
        async ({ msn, run, filler }) =>
          (filler?.kind === 'gap' || (await has(`${folder}/${segmentFile(msn)}`))) &&
          (await has(`${folder}/${initFile(run)}`)),
      ),
    );
    const lost = listed[there.lastIndexOf(false)];
    if (lost === undefined) return 0;
    // Some of those before it may still be there, for whoever has a list that names them.
    const now = this.#now();
    const kept = this.#retention?.files();
    for (const segment of listed)
      if (segment.msn <= lost.msn && !isKept(segmentFile(segment.msn), kept))
        this.#grace.segmentRemoved(segment, now);
    this.#retention?.lost(lost.msn);
    await this.#publisher.playlist({ type: 'removed', before: lost.msn + 1 });
    return there.lastIndexOf(false) + 1;
  }

  /** Segments that left the list under a process that died: their grace is counted anew. */
  #adoptUnseen(): void {
    const { segments, stream } = this.#publisher.state;
    const first = segments[0];
    if (first === undefined) return;
    const from = Math.max(0, first.msn - segments.length - SLACK);
    const files = Array.from({ length: first.msn - from }, (_, index) => from + index).flatMap(segmentFiles);
    const kept = this.#retention?.files();
    const others = files.filter((file) => !isKept(file, kept));
    this.#grace.leftovers(others, this.#now() + toMilliseconds(stream.window + stream.holdBack));
  }

  /** Compares what is there with what is listed. */
  async #compare(stock: readonly string[]): Promise<Leftovers> {
    const { state } = this.#publisher;
    const { name, epoch, window, holdBack } = state.stream;
    const folder = `${mediaFolder(name, epoch)}/`;
    const open = listedOpenParts(state);
    const listed = new Set([
      ...state.segments.flatMap(({ msn }) => segmentFiles(msn)),
      ...open.map(({ msn, part }) => partFile(msn, part)),
      ...this.#inits(),
    ]);
    const files = stock.filter((path) => path.startsWith(folder)).map((path) => path.slice(folder.length));
    const kept = this.#retention?.files();
    const others = files.filter((file) => !listed.has(file) && !isKept(file, kept));
    const [unlisted, leftovers] = [
      others.filter((file) => numberOf(file) >= state.nextMsn),
      others.filter((file) => numberOf(file) < state.nextMsn),
    ];
    // What left the list, parts among it, somebody may still ask for who has an older list.
    this.#grace.leftovers(leftovers, this.#now() + toMilliseconds(window + holdBack));
    await this.#storage.remove(unlisted.map((file) => `${folder}${file}`)).catch(this.#onError);
    return {
      unlisted: unlisted.length,
      delisted: leftovers.length,
      numbers: [...new Set(unlisted.map(numberOf))],
    };
  }

  /** Takes so many of the oldest segments off the list; returns how many bytes of them are kept no longer. */
  #delist(count: number, now: number): number {
    const { segments, nextMsn } = this.#publisher.state;
    const leaving = segments.slice(0, count);
    const last = leaving.at(-1);
    this.#retention?.leaving(last === undefined ? (segments[0]?.msn ?? nextMsn) : last.msn + 1);
    const keeps = this.#retention?.keeps === true;
    if (!keeps) for (const segment of leaving) this.#grace.segmentRemoved(segment, now);
    if (last) void this.#publisher.playlist({ type: 'removed', before: last.msn + 1 });
    return keeps ? 0 : leaving.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** The init segments that are listed, or were of late, or will be. */
  #inits(): Set<string> {
    const { state } = this.#publisher;
    const runs = [...state.removed, ...state.segments, ...listedOpenParts(state)];
    return new Set([...runs, ...(state.init ? [state.init] : [])].map(({ run }) => initFile(run)));
  }

  async #remove(files: readonly string[]): Promise<void> {
    if (files.length === 0) return;
    const { name, epoch } = this.#publisher.state.stream;
    const folder = mediaFolder(name, epoch);
    // A run of today may share the init segment of one that is long gone.
    const inits = files.some((file) => file.startsWith('init-')) ? this.#inits() : undefined;
    const gone = files.filter((file) => inits?.has(file) !== true);
    const remove = (some: readonly string[]) => this.#storage.remove(some.map((file) => `${folder}/${file}`));
    await remove(gone).catch(async (error: unknown) => {
      const stay = gone.map((file) =>
        remove([file]).then(
          () => [],
          () => [file],
        ),
      );
      this.#grace.leftovers((await Promise.all(stay)).flat(), this.#now() + REMOVED_AGAIN);
      throw error;
    });
  }
}

/** Whether a file belongs to what is kept beyond the list. */
function isKept(file: string, kept: RetainedFiles | undefined): boolean {
  if (kept === undefined) return false;
  if (kept.inits.has(file)) return true;
  const msn = Number(/^(?:index-)?(\d+)\.(?:m4s|json|objects\.json)$/.exec(file)?.[1] ?? -1);
  return kept.from <= msn && msn <= kept.to;
}

/** The media sequence number in the name of a file; −1 for an init segment. */
function numberOf(file: string): number {
  const [, msn] = /^(\d+)\.(?:\d+\.)?m4s$/.exec(file) ?? [];
  return msn === undefined ? -1 : Number(msn);
}
