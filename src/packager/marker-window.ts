import type { Microseconds } from '../clock.ts';
import { listedFrom } from '../hls/listed-from.ts';
import { markerFold, type SavedMarker } from '../hls/marker-checkpoint.ts';
import {
  type MarkerChange,
  type MarkerLogEntry,
  type MarkerState,
  markerLogName,
} from '../hls/marker-log.ts';
import { restoringEntries } from '../hls/marker-restore.ts';
import type { PictureRun, RunBegin } from '../hls/marker-runs.ts';
import type { MediaState } from '../hls/playlist-log.ts';
import { skipBoundary } from '../hls/stream-log.ts';
import { LOG_SCHEMA } from '../store/log/checkpoint.ts';
import { LogOwner, type LogOwnerOptions } from '../store/log/owner.ts';
import type { Store } from '../store/store.ts';

/** What a {@link MarkerWindow} works with. */
export interface MarkerWindowOptions
  extends Omit<LogOwnerOptions<MarkerState, MarkerLogEntry, MarkerChange, SavedMarker>, 'log' | 'fold'> {
  /** Name of the stream. */
  readonly stream: string;
}

/**
 * The window of a stream's markers: has all readers of the marker log let go of what ended before the media they can
 * still be listed with, at the same place of the log, and keeps the log bounded.
 */
export class MarkerWindow {
  readonly #owner: LogOwner<MarkerState, MarkerLogEntry, MarkerChange, SavedMarker>;
  readonly #failed: (error: unknown) => void;
  readonly #store: Store;
  readonly #log: string;
  /** What the log is to say of runs. */
  #unwritten: RunBegin[] = [];

  constructor({ stream, ...options }: MarkerWindowOptions) {
    this.#log = markerLogName(stream);
    this.#store = options.store;
    this.#owner = new LogOwner({ ...options, log: this.#log, fold: markerFold });
    this.#failed = options.failed;
  }

  /** The markers, as far as the log has been read. */
  get state(): MarkerState {
    return this.#owner.state;
  }

  /**
   * Segments have left the list. Resolves when the log says so, or cannot be told: it is with the next.
   * @param kept where earlier epochs begin whose media is kept; theirs stay, too
   */
  async moved(media: MediaState, kept?: Microseconds): Promise<void> {
    // Delta updates name the date ranges that left within the skip boundary, so they stay that much longer.
    const listed = listedFrom(media, skipBoundary(media.stream));
    const before = listed && Math.min(listed, kept ?? listed);
    if (before === undefined || before <= this.#owner.state.earliestEnd) return;
    await this.#owner.append({ type: 'release', schema: LOG_SCHEMA, before }).catch(this.#failed);
  }

  /**
   * A run of the encoder begins behind what is listed. Never rejects.
   * @param from where the stream's own clock went on, if nothing is listed
   */
  async begins(run: PictureRun, media: MediaState, from: Microseconds = run.at): Promise<void> {
    const listed = [...media.removed, ...media.segments];
    const last = listed.findLast(({ filler }) => filler?.kind !== 'gap');
    const end = last === undefined ? (listed[0]?.pts ?? from) : last.pts + last.duration;
    this.#unwritten.push({ ...run, from: end });
    // Not in turn: it stands before what is said of the pictures that follow.
    await this.#write().catch(this.#failed);
  }

  /** Writes what could not be written so far. Rejects with STORE_*. */
  async #write(): Promise<void> {
    for (const begins of this.#unwritten) {
      await this.#owner.append({ operations: [], begins }, `begins/${begins.id}/${begins.at}/${begins.from}`);
      this.#unwritten = this.#unwritten.filter((one) => one !== begins);
    }
  }

  /**
   * Writes the markers again where the log is empty, and so was lost: whoever else knew them may be gone as well. Rejects
   * with STORE_*.
   */
  async restore(): Promise<void> {
    await this.#restoreMarkers();
    await this.#write();
  }

  async #restoreMarkers(): Promise<void> {
    const { known } = this.#owner;
    if (known.dateRanges.size === 0) return;
    const [newest] = await this.#store.read(this.#log, { latest: true, limit: 1 });
    if (newest !== undefined) return;
    for (const { id, entry } of restoringEntries(known, markerFold.empty()))
      await this.#owner.append(entry, id);
  }

  /** Ends it; the markers stay what they are. */
  close(): void {
    this.#owner.close();
  }
}
