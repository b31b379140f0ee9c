import { toMilliseconds } from '../clock.ts';
import { mediaFolder, segmentFile } from '../hls/playlist-log.ts';
import type { Storage } from '../storage/storage.ts';
import type { Publisher } from './publisher.ts';
import { countExpired, RetentionQueue } from './retention-queue.ts';

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
  readonly #grace = new RetentionQueue();
  #newest = -1;

  /** @param now monotonic milliseconds */
  constructor(publisher: Publisher, storage: Storage, now: () => number, onError: (error: unknown) => void) {
    this.#publisher = publisher;
    this.#storage = storage;
    this.#now = now;
    this.#onError = onError;
    this.#adoptLeftovers();
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
    const expired = state.segments.slice(0, countExpired(state));
    for (const segment of expired) this.#grace.segmentRemoved(segment, now);
    const last = expired.at(-1);
    if (last) void this.#publisher.playlist({ type: 'removed', before: last.msn + 1 });
    this.#remove(this.#grace.over(now));
  }

  /**
   * Storage has lost objects: of what is listed, all up to the newest Media Segment that is not there leaves the list,
   * for a Media Playlist has no holes. Rejects as `has` does.
   */
  async forgetLost(has: (path: string) => Promise<boolean>): Promise<void> {
    const { stream, segments } = this.#publisher.state;
    const folder = mediaFolder(stream.name, stream.epoch);
    const listed = [...segments];
    const there = await Promise.all(
      // A gap has no file to lose.
      listed.map(({ msn, filler }) => filler?.kind === 'gap' || has(`${folder}/${segmentFile(msn)}`)),
    );
    const lost = listed[there.lastIndexOf(false)];
    if (lost === undefined) return;
    // Some of those before it may still be there, for whoever has a list that names them.
    const now = this.#now();
    for (const segment of listed) if (segment.msn <= lost.msn) this.#grace.segmentRemoved(segment, now);
    await this.#publisher.playlist({ type: 'removed', before: lost.msn + 1 });
  }

  /** Segments that left the list under a process that died: their grace is counted anew. */
  #adoptLeftovers(): void {
    const { segments, stream } = this.#publisher.state;
    const first = segments[0];
    if (first === undefined) return;
    const from = Math.max(0, first.msn - segments.length - SLACK);
    const files = Array.from({ length: first.msn - from }, (_, index) => segmentFile(from + index));
    this.#grace.leftovers(files, this.#now() + toMilliseconds(stream.window + stream.holdBack));
  }

  #remove(files: readonly string[]): void {
    if (files.length === 0) return;
    const { name, epoch } = this.#publisher.state.stream;
    const folder = mediaFolder(name, epoch);
    this.#storage.remove(files.map((file) => `${folder}/${file}`)).catch(this.#onError);
  }
}
