import type { Milliseconds } from '../../clock.ts';
import {
  applyPartEntry,
  applyPlaylistEntry,
  emptyMediaState,
  type MediaState,
  type PartEntry,
  type PlaylistEntry,
  partsLogName,
  playlistLogName,
} from '../../hls/playlist-log.ts';
import type { StreamEntry } from '../../hls/stream-log.ts';
import { followLog } from '../../store/log/follow.ts';
import { Refold } from '../../store/log/refold.ts';
import type { LogEvent, Store } from '../../store/store.ts';
import type { WallClock } from '../http/wall-clock.ts';
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
  readonly thumbnails: LiveThumbnails;
  /** When the live edge last moved, by {@link WallClock.passed}. */
  advancedAt: Milliseconds;
  /** Bytes and lists of another epoch have taken this one's place. */
  over = false;

  readonly #options: LiveMediaOptions;
  readonly #stop = new AbortController();
  readonly #fold: Refold<MediaState, PlaylistEntry>;

  constructor(options: LiveMediaOptions) {
    this.#options = options;
    this.#fold = new Refold(emptyMediaState(options.stream), {
      begin: ({ stream, openParts }) => ({ ...emptyMediaState(stream), openParts: [...openParts] }),
      apply: applyPlaylistEntry,
      caughtUp: (anew, present) => anew.nextMsn >= present.nextMsn && (anew.ended || !present.ended),
      adopt(anew, present) {
        const oldest = present.segments[0]?.msn ?? 0;
        // EXT-X-MEDIA-SEQUENCE never goes back (rfc8216bis §4.4.3.2): what had left the list stays away.
        anew.segments = anew.segments.filter((segment) => segment.msn >= oldest);
        anew.version = present.version + 1;
      },
    });
    this.advancedAt = options.clock.passed();
    this.thumbnails = new LiveThumbnails(options.store, options.stream, options.failed);
    const { name, epoch } = options.stream;
    this.#follow(playlistLogName(name, epoch), (event) => this.#fold.take(event));
    this.#follow(partsLogName(name, epoch), (event) => {
      // A parts log that begins anew repeats parts already folded, which change nothing.
      if (event.type === 'entry')
        this.#fold.apply((state) => applyPartEntry(state, event.value as PartEntry));
    });
  }

  /** As it was announced last. */
  get stream(): StreamEntry {
    return this.state.stream;
  }

  /** What is listed now. The object may be replaced; its `version` only ever grows. */
  get state(): MediaState {
    return this.#fold.state;
  }

  /** It was announced once more, with another window. */
  renew(entry: StreamEntry): void {
    this.#fold.apply((state) => {
      state.stream = entry;
      state.version += 1;
    });
    this.#options.changed();
  }

  /** Stops following; what was folded stays. */
  close(): void {
    this.over = true;
    this.#stop.abort();
    this.thumbnails.close();
  }

  #follow(log: string, fold: (event: LogEvent) => void): void {
    const { store, failed, clock, changed } = this.#options;
    const take = (event: LogEvent) => {
      const { version } = this.state;
      fold(event);
      if (this.state.version === version) return;
      this.advancedAt = clock.passed();
      changed();
    };
    void followLog({ store, log, signal: this.#stop.signal, take, failed });
  }
}
