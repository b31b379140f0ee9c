import { hasCode } from '../errors.ts';
import {
  applyPartEntry,
  applyPlaylistEntry,
  listedOpenParts,
  type MediaState,
  type PartEntry,
  type PlaylistEntry,
  partsLogName,
  playlistLogName,
  type SegmentEntry,
} from '../hls/playlist-log.ts';
import { playlistEntryId, restoringPlaylist } from '../hls/playlist-restore.ts';
import { STREAMS_LOG, streamToLog } from '../hls/stream-log.ts';
import type { WriteLease } from '../lease/lease.ts';
import type { AppendOptions, Cursor, Fence, Store } from '../store/store.ts';

/** After how many removed segments the logs are trimmed. */
const TRIM_EVERY = 32;

/** How long after a refused entry the store is tried again, in milliseconds. */
const RETRY_AFTER = 1000;

/** Parts of so many closed segments stay in the parts log, for readers that are a little behind. */
const PARTS_BEHIND = 10;

/** When a {@link Publisher} may append. */
export interface PublisherOptions {
  /** Nothing is appended unless it holds; every entry carries its fence. Without one nobody else may publish it. */
  readonly lease?: WriteLease | undefined;
  /** Called before each entry: resolves once the media it speaks of can be read. @default at once */
  readonly mediaWritten?: () => Promise<void>;
}

/**
 * Tells the store what can be fetched, from a copy of its own that is always right: when the store was away
 * or came back empty, everything that is listed is appended again. Every entry has an id, so nothing doubles.
 */
export class Publisher {
  /** The playlist as it stands; folded before the store has it. */
  readonly state: MediaState;
  readonly #store: Store;
  readonly #playlistLog: string;
  readonly #partsLog: string;
  readonly #onTrouble: (error: unknown) => void;
  readonly #lease: WriteLease | undefined;
  readonly #mediaWritten: () => Promise<void>;
  readonly #unsubscribe: () => void;
  readonly #segmentCursors = new Map<number, Cursor>();
  readonly #partCursors = new Map<number, Cursor>();
  readonly #others: (() => Promise<void>)[] = [];
  readonly #removals: (() => void)[] = [];
  /** What storage had lost: an entry that was told before is changed by nothing else. */
  readonly #lost: PlaylistEntry[] = [];
  readonly #media: ((entry: PartEntry | SegmentEntry) => void)[] = [];
  #queue: Promise<void> = Promise.resolve();
  #behind = false;
  /** The store has refused our fence. */
  #fenced = false;
  #retry: NodeJS.Timeout | undefined;
  #removed = 0;
  #closed = false;

  /** @param onTrouble called once each time the store stops taking entries */
  constructor(
    store: Store,
    state: MediaState,
    onTrouble: (error: unknown) => void,
    { lease, mediaWritten = async () => {} }: PublisherOptions = {},
  ) {
    this.#store = store;
    this.#lease = lease;
    this.#mediaWritten = mediaWritten;
    this.state = state;
    this.#onTrouble = onTrouble;
    this.#playlistLog = playlistLogName(state.stream.name, state.stream.epoch);
    this.#partsLog = partsLogName(state.stream.name, state.stream.epoch);
    this.#unsubscribe = store.onState((now) => {
      if (now === 'down') this.#behind = true;
      else void this.#catchUp();
    });
  }

  /** Announces the epoch and whatever is listed already. Resolves as {@link part} does. */
  announce(): Promise<void> {
    return this.#catchUp();
  }

  /** A part can be fetched. Resolves when the store has taken it, or is known to be away. */
  part(entry: PartEntry): Promise<void> {
    applyPartEntry(this.state, entry);
    const taken = this.#enqueue(() => this.#appendPart(entry));
    this.#published(entry);
    return taken;
  }

  /** A fact for the playlist log. Resolves as {@link part} does. */
  playlist(entry: PlaylistEntry): Promise<void> {
    applyPlaylistEntry(this.state, entry);
    if (entry.type === 'lost') this.#lost.push(entry);
    const taken = this.#enqueue(async () => {
      await this.#appendPlaylist(entry);
      if (entry.type === 'segment') await this.#trimParts(entry.msn);
      if (entry.type !== 'removed') return;
      for (const removed of this.#removals) removed();
      await this.#trimPlaylist(entry.before);
    });
    if (entry.type === 'segment') this.#published(entry);
    return taken;
  }

  /** Something else about the stream is appended in turn. Resolves as {@link part} does. */
  inTurn(act: () => Promise<void>): Promise<void> {
    return this.#enqueue(act);
  }

  /** Calls this, too, whenever everything is appended again. */
  alsoAppend(appendAll: () => Promise<void>): void {
    this.#others.push(appendAll);
  }

  /** Appends to a log of the stream, for what {@link inTurn} calls; see {@link PublisherOptions}. */
  async append(log: string, entry: unknown, id?: string, options: AppendOptions = {}): Promise<Cursor> {
    await this.#mediaWritten();
    return this.#store.append(log, entry, { ...options, ...(id !== undefined && { id }), ...this.#fence() });
  }

  /** Trims a log of the stream, likewise. One that has begun anew since `before` holds nothing that may go. */
  async trim(log: string, before: Cursor): Promise<void> {
    await this.#store.trim(log, before, this.#fence()).catch((error: unknown) => {
      if (!hasCode(error, 'STORE_BAD_CURSOR')) throw error;
    });
  }

  /** Calls `listener` with all media: what that appends {@link inTurn} stands behind it in the logs. */
  onPublished(listener: (entry: PartEntry | SegmentEntry) => void): void {
    this.#media.push(listener);
  }

  /** Calls `listener` whenever the log says that segments have left the list. */
  onRemoved(listener: () => void): void {
    this.#removals.push(listener);
  }

  /** Resolves when all entries so far were taken, or the store is known to be away. Nothing is appended after it. */
  async close(): Promise<void> {
    this.#unsubscribe();
    clearTimeout(this.#retry);
    await this.#queue;
    this.#closed = true;
  }

  /** One after the other, so that entries arrive in order. While we are behind, catching up appends them. */
  #enqueue(act: () => Promise<void>): Promise<void> {
    this.#queue = this.#queue.then(async () => {
      if (this.#closed || this.#behind) return;
      // Somebody else may be writing: the store says who.
      if (this.#lease?.held === false) return this.#fallBehind(0);
      try {
        await act();
      } catch (error) {
        this.#fenced = hasCode(error, 'STORE_FENCED');
        const taken = this.#fenced || this.#lease?.lost.aborted === true;
        if (!taken) this.#onTrouble(error);
        this.#fallBehind(taken ? 0 : RETRY_AFTER);
      }
    });
    return this.#queue;
  }

  #fallBehind(retryAfter: number = RETRY_AFTER): void {
    this.#behind = true;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#catchUp(), retryAfter);
  }

  /** Appends all that is listed, as often as it takes. */
  #catchUp(): Promise<void> {
    clearTimeout(this.#retry);
    this.#queue = this.#queue.then(async () => {
      if (this.#closed) return;
      try {
        const state = await (this.#fenced ? this.#lease?.renewFence() : this.#lease?.confirm());
        // Whoever took the lease appends from now on.
        if (state === 'lost') return;
        if (state === 'unknown') return this.#fallBehind();
        this.#fenced = false;
        await this.#appendAll();
      } catch (error) {
        this.#fenced = hasCode(error, 'STORE_FENCED');
        if (!this.#behind) this.#onTrouble(error);
        this.#fallBehind();
      }
    });
    return this.#queue;
  }

  #published(entry: PartEntry | SegmentEntry): void {
    for (const listener of this.#media) listener(entry);
  }

  async #appendAll(): Promise<void> {
    const { name, epoch, renewedAt } = this.state.stream;
    await this.append(
      STREAMS_LOG,
      streamToLog(this.state.stream),
      [name, epoch, renewedAt].filter(Boolean).join('/'),
    );
    await Promise.all([
      ...[...restoringPlaylist(this.state), ...this.#lost].map((entry) => this.#appendPlaylist(entry)),
      ...listedOpenParts(this.state).map((entry) => this.#appendPart(entry)),
      ...this.#others.map((appendOther) => appendOther()),
    ]);
    this.#behind = false;
  }

  async #appendPlaylist(entry: PlaylistEntry): Promise<void> {
    const cursor = await this.append(this.#playlistLog, entry, playlistEntryId(entry));
    if (entry.type === 'segment') this.#segmentCursors.set(entry.msn, cursor);
  }

  async #appendPart(entry: PartEntry): Promise<void> {
    const cursor = await this.append(this.#partsLog, entry, `${entry.msn}.${entry.part}`);
    if (entry.part === 0) this.#partCursors.set(entry.msn, cursor);
  }

  async #trimParts(closed: number): Promise<void> {
    const first = closed - PARTS_BEHIND;
    const cursor = this.#partCursors.get(first);
    if (cursor === undefined) return;
    for (const msn of this.#partCursors.keys()) if (msn < first) this.#partCursors.delete(msn);
    await this.trim(this.#partsLog, cursor);
  }

  async #trimPlaylist(before: number): Promise<void> {
    this.#removed += 1;
    const cursor = this.#segmentCursors.get(before);
    if (this.#removed % TRIM_EVERY !== 0 || cursor === undefined) return;
    for (const msn of this.#segmentCursors.keys()) if (msn < before) this.#segmentCursors.delete(msn);
    // The newest init entry must outlive the trim, so it is written once more behind the segments.
    const { init } = this.state;
    if (init) await this.append(this.#playlistLog, init, `${playlistEntryId(init)}/${before}`);
    await this.trim(this.#playlistLog, cursor);
  }

  #fence(): { readonly fence?: Fence } {
    return this.#lease === undefined ? {} : { fence: this.#lease.fence };
  }
}
