import { isDeepStrictEqual } from 'node:util';
import { type EpochMicroseconds, fromEpochMilliseconds, toMilliseconds } from '../../clock.ts';
import { presentFiller } from '../../hls/filler-ranges.ts';
import { lastListed } from '../../hls/live-edge.ts';
import type { LoggedObjects } from '../../hls/objects-log.ts';
import type { MediaState } from '../../hls/playlist-log.ts';
import type { ProblemJson, StreamStatus, WaitingFor } from '../../hls/stream-json.ts';
import type { StreamEntry } from '../../hls/stream-log.ts';
import type { Store } from '../../store/store.ts';
import type { WallClock } from '../http/wall-clock.ts';
import { EncoderWatch } from './encoder-watch.ts';
import { LiveMarkers } from './live-markers.ts';
import { LiveMedia } from './live-media.ts';
import { LiveObjects } from './live-objects.ts';
import { LiveRetained } from './live-retained.ts';
import type { MarkerEvent } from './marker-fold.ts';

/** How far beyond a target duration new media may be late before a stream counts as stalled, in ms. */
const STALL_GRACE_MS = 3000;

/** What happened to a stream. */
export type StreamChange =
  /** Its playlist grew, ended or has another epoch. Told once per turn of the event loop. */
  | { readonly type: 'media' }
  /** An entry of the marker log changed something. */
  | { readonly type: 'markers'; readonly event: MarkerEvent }
  /** Entries of the marker log were missed: what is folded now is all there is. */
  | { readonly type: 'markers-replaced' }
  /** Objects of frames have come. */
  | { readonly type: 'objects'; readonly frames: readonly LoggedObjects[] }
  /** Its status, epoch or problems, or what it waits for, changed, or its source fell silent or came back. */
  | { readonly type: 'status' };

/** What a {@link LiveStream} needs. */
export interface LiveStreamOptions {
  readonly name: string;
  readonly store: Store;
  readonly clock: WallClock;
  /** Whether the store can be reached now. */
  readonly storeUp: () => boolean;
  readonly changed: (stream: LiveStream, change: StreamChange) => void;
  readonly failed: (error: unknown) => void;
}

/** A stream by name: its present epoch, the epochs before it, and its markers, which outlive epochs. */
export class LiveStream {
  readonly name: string;
  readonly markers: LiveMarkers;
  /** The objects of its newest frames. */
  readonly objects: LiveObjects;
  /** What is kept beyond the Media Playlist. */
  readonly retained: LiveRetained;
  /** The present epoch; undefined before the first was announced. */
  media: LiveMedia | undefined;
  #problems: readonly ProblemJson[] = [];
  #hadObjects = false;

  readonly #options: LiveStreamOptions;
  readonly #epochs = new Set<string>();
  #pendingChange: NodeJS.Immediate | undefined;
  readonly #encoder: EncoderWatch;
  #status: StreamStatus = 'starting';
  /** Date of the last picture, while what is listed fills a silence of the source. */
  #silentSince: EpochMicroseconds | undefined;
  #waitingFor: WaitingFor | undefined;

  constructor(options: LiveStreamOptions) {
    const { name, store, failed } = options;
    this.#options = options;
    this.name = name;
    this.#encoder = new EncoderWatch(store, name);
    this.retained = new LiveRetained(store, name, failed);
    this.objects = new LiveObjects({
      ...{ store, stream: name, failed },
      taken: (frames) => {
        options.changed(this, { type: 'objects', frames });
        this.#objectsMoved();
      },
      moved: () => this.#objectsMoved(),
    });
    this.markers = new LiveMarkers({
      store,
      stream: name,
      failed,
      changed: (event) => options.changed(this, { type: 'markers', event }),
      replaced: () => options.changed(this, { type: 'markers-replaced' }),
    });
  }

  /** The fold of the present epoch. */
  get state(): MediaState | undefined {
    return this.media?.state;
  }

  get status(): StreamStatus {
    return this.#status;
  }

  /** What it waits for when it gets no new media; undefined when it does, has ended, or when that is not known yet. */
  get waitingFor(): WaitingFor | undefined {
    return this.#waitingFor;
  }

  /** What does not work of it now. */
  get problems(): readonly ProblemJson[] {
    return this.#problems;
  }

  set problems(problems: readonly ProblemJson[]) {
    if (isDeepStrictEqual(problems, this.#problems)) return;
    this.#problems = problems;
    this.#options.changed(this, { type: 'status' });
  }

  /** Whether nothing of it is left to see: it is not live, and its newest media is older than its window. */
  get past(): boolean {
    if (this.media === undefined || this.#status === 'live') return false;
    const { state, stream } = this.media;
    const last = lastListed(state);
    const end = last === undefined ? stream.startedAt : last.date + last.duration;
    return fromEpochMilliseconds(this.#options.clock.now()) > end + stream.window;
  }

  /** Whether this epoch was ever announced, so that its media may still be in storage. */
  hasEpoch(epoch: string): boolean {
    return this.#epochs.has(epoch);
  }

  /** Takes over an epoch; of one that is known already only the window may be another. */
  announce(entry: StreamEntry): void {
    if (this.#epochs.has(entry.epoch)) {
      if (this.media?.stream.epoch === entry.epoch) this.media.renew(entry);
      return;
    }
    this.#epochs.add(entry.epoch);
    this.media?.close();
    const { store, clock, failed } = this.#options;
    this.media = new LiveMedia({ store, stream: entry, clock, failed, changed: () => this.#mediaChanged() });
    this.#status = 'starting';
    this.#options.changed(this, { type: 'media' });
    this.#options.changed(this, { type: 'status' });
  }

  /** Looks at the clock: nothing may have come for too long. */
  checkStatus(): void {
    const { clock } = this.#options;
    const status = this.#statusNow();
    if (this.#isLate(0)) void this.#encoder.look(() => clock.passed());
    else this.#encoder.forget();
    const waitingFor = this.#waitingForNow(status);
    const silentSince = this.state && presentFiller(this.state)?.since;
    const isSame = status === this.#status && waitingFor === this.#waitingFor;
    if (isSame && silentSince === this.#silentSince) return;
    this.#status = status;
    this.#waitingFor = waitingFor;
    this.#silentSince = silentSince;
    this.#options.changed(this, { type: 'status' });
  }

  /** Stops following; what was folded stays. */
  close(): void {
    if (this.#pendingChange !== undefined) clearImmediate(this.#pendingChange);
    this.media?.close();
    this.markers.close();
    this.retained.close();
    this.objects.close();
  }

  /** Whether there were objects in the present epoch. */
  get hasObjects(): boolean {
    return this.media !== undefined && this.objects.hasAny(this.media.stream.epoch);
  }

  #objectsMoved(): void {
    if (this.#hadObjects === this.hasObjects) return;
    this.#hadObjects = this.hasObjects;
    this.#options.changed(this, { type: 'status' });
  }

  #mediaChanged(): void {
    // A batch of entries is folded within one turn of the event loop and told of once.
    this.#pendingChange ??= setImmediate(() => {
      this.#pendingChange = undefined;
      this.checkStatus();
      this.#options.changed(this, { type: 'media' });
    });
  }

  #statusNow(): StreamStatus {
    const state = this.state;
    if (this.media === undefined || state === undefined) return 'starting';
    if (state.ended) return 'ended';
    if (state.segments.length === 0) return 'starting';
    return this.#isLate(STALL_GRACE_MS) ? 'stalled' : 'live';
  }

  #waitingForNow(status: StreamStatus): WaitingFor | undefined {
    if (status === 'live' || status === 'ended') return undefined;
    const { clock, storeUp } = this.#options;
    return storeUp() ? this.#encoder.waitingFor(clock.passed()) : 'store';
  }

  /** Whether new media is overdue by more than a target duration and `grace`, in milliseconds. */
  #isLate(grace: number): boolean {
    if (this.media === undefined || this.media.state.ended) return false;
    const { advancedAt, stream } = this.media;
    return this.#options.clock.passed() - advancedAt > toMilliseconds(stream.targetDuration) + grace;
  }
}
