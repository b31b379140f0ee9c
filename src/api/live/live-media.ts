import {
  applyPartEntry,
  applyPlaylistEntry,
  emptyMediaState,
  type MediaState,
  type PartEntry,
  type PlaylistEntry,
  partsLogName,
  playlistLogName,
  type StreamEntry,
} from '../../hls/playlist-log.ts';
import type { LogEvent, Store } from '../../store/store.ts';
import type { WallClock } from '../http/wall-clock.ts';
import { followLog } from './follow-log.ts';
import { LiveThumbnails } from './live-thumbnails.ts';

/** What a {@link LiveMedia} needs. */
export interface LiveMediaOptions {
  readonly store: Store;
  readonly stream: StreamEntry;
  readonly clock: WallClock;
  /** Called after every entry that changed something. */
  readonly changed: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * One epoch of a stream as this process has folded it from its playlist and parts logs. It goes on serving
 * what it has when the logs are lost (`reset`): the new generation is folded aside and takes over when it has
 * caught up, so nobody ever sees the playlist go back.
 */
export class LiveMedia {
  readonly stream: StreamEntry;
  readonly thumbnails: LiveThumbnails;
  /** What is listed now. The object may be replaced; its `version` only ever grows. */
  state: MediaState;
  /** When the live edge last moved, in milliseconds since the Unix epoch by this process's clock. */
  advancedAt: number;
  /** Bytes and lists of another epoch have taken this one's place. */
  over = false;

  readonly #options: LiveMediaOptions;
  readonly #stop = new AbortController();
  #aside: MediaState | undefined;

  constructor(options: LiveMediaOptions) {
    this.#options = options;
    this.stream = options.stream;
    this.state = emptyMediaState(options.stream);
    this.advancedAt = options.clock.now();
    this.thumbnails = new LiveThumbnails(options.store, options.stream, options.failed);
    const { name, epoch } = options.stream;
    this.#follow(playlistLogName(name, epoch), (event) => this.#takePlaylist(event));
    this.#follow(partsLogName(name, epoch), (event) => this.#takePart(event));
  }

  /** Stops following; what was folded stays. */
  close(): void {
    this.over = true;
    this.#stop.abort();
    this.thumbnails.close();
  }

  #follow(log: string, take: (event: LogEvent) => void): void {
    const { store, failed } = this.#options;
    void followLog({ store, log, signal: this.#stop.signal, take, failed });
  }

  #takePlaylist(event: LogEvent): void {
    if (event.type === 'reset') {
      this.#aside = { ...emptyMediaState(this.stream), openParts: [...this.state.openParts] };
      return;
    }
    const entry = event.value as PlaylistEntry;
    if (this.#aside === undefined) {
      this.#change((state) => applyPlaylistEntry(state, entry));
      return;
    }
    applyPlaylistEntry(this.#aside, entry);
    if (caughtUp(this.#aside, this.state)) this.#swap(this.#aside);
  }

  #takePart(event: LogEvent): void {
    // A parts log that begins anew repeats parts already folded, which change nothing.
    if (event.type === 'reset') return;
    const entry = event.value as PartEntry;
    if (this.#aside !== undefined) applyPartEntry(this.#aside, entry);
    this.#change((state) => applyPartEntry(state, entry));
  }

  #change(apply: (state: MediaState) => void): void {
    const { version } = this.state;
    apply(this.state);
    if (this.state.version === version) return;
    this.advancedAt = this.#options.clock.now();
    this.#options.changed();
  }

  #swap(aside: MediaState): void {
    this.#aside = undefined;
    const oldest = this.state.segments[0]?.msn ?? 0;
    // EXT-X-MEDIA-SEQUENCE never goes back (rfc8216bis §4.4.3.2): what had left the list stays away.
    aside.segments = aside.segments.filter((segment) => segment.msn >= oldest);
    aside.version = this.state.version + 1;
    this.state = aside;
    this.advancedAt = this.#options.clock.now();
    this.#options.changed();
  }
}

function caughtUp(aside: MediaState, present: MediaState): boolean {
  return aside.nextMsn >= present.nextMsn && (aside.ended || !present.ended);
}
