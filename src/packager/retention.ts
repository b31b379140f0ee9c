import { type EpochMicroseconds, fromMilliseconds, type Microseconds, systemDate } from '../clock.ts';
import { initFile, newestSegment, type SegmentEntry } from '../hls/playlist-log.ts';
import { nextRetained, type RetainedPage, retainedFrom } from '../hls/retained-log.ts';
import { LARGEST_PAGE, retained } from '../hls/retained-page.ts';
import { EarlierEpochs } from './earlier-epochs.ts';
import { elapsedSince } from './elapsed.ts';
import { lastAnchor } from './epoch.ts';
import type { Publisher } from './publisher.ts';
import { RetainedPublisher } from './retained-publisher.ts';
import type { RetainedFiles, RetentionOptions } from './retention-options.ts';
import { SharedSpace } from './shared-space.ts';
import { unlistedBefore } from './unlisted.ts';

/** How often it is looked what may go, in milliseconds. */
const LOOK_MS = 10_000;

/**
 * What is kept of a stream beyond its Media Playlist: the segments that leave the list, and what earlier epochs have
 * left, as pages, until they are too old or take too much room. Age is counted on the stream's own clock, so that a
 * wall clock that is set deletes nothing.
 */
export class Retention {
  readonly #options: RetentionOptions;
  readonly #earlier: EarlierEpochs;
  readonly #space: SharedSpace | undefined;
  readonly #monotonic: () => number;
  #pages: RetainedPublisher | undefined;
  #publisher: Publisher | undefined;
  /** Segments of the present epoch that are not in a page yet. */
  #waiting: SegmentEntry[] = [];
  #seen = -1;
  /** A PTS that was the present, and when. */
  #known: { readonly pts: Microseconds; readonly at: number } | undefined;
  /** Media that ended at this PTS or before was let go for want of room. */
  #crowdedOut = Number.NEGATIVE_INFINITY;
  /** Pages that were deleted before their time, whose markers stay. */
  #lost: RetainedPage[] = [];
  #looking: Promise<void> | undefined;
  /** Bytes that lie beside a segment and go with it. */
  #beside: (msn: number) => number = () => 0;

  constructor(options: RetentionOptions) {
    this.#options = options;
    this.#monotonic = options.monotonic ?? (() => performance.now());
    this.#earlier = new EarlierEpochs(options);
    const { space, rules, stream } = options;
    this.#space = space && new SharedSpace({ ...space, stream, limit: rules.size });
  }

  /** Whether media is kept when it leaves the Media Playlist. */
  get keeps(): boolean {
    const { age, size } = this.#options.rules;
    return age !== undefined || size !== undefined;
  }

  /** The dates at which what is kept ends, page by page. */
  get dates(): EpochMicroseconds[] {
    return this.#pages?.state.pages.map(({ endDate }) => endDate) ?? [];
  }

  /** PTS up to which markers may go; undefined for what is listed alone to decide. */
  get markersFrom(): Microseconds | undefined {
    const { age, size, markers } = this.#options.rules;
    const present = this.#present();
    const aged = age !== undefined && present !== undefined ? present - age : Number.NEGATIVE_INFINITY;
    const floor = this.#floor();
    const lost = this.#lost.find(({ end }) => end > floor)?.pts;
    const begins = [this.#pages && retainedFrom(this.#pages.state), this.#earlier.from, lost];
    const oldest = begins.filter((pts) => pts !== undefined);
    const least = oldest.length > 0 ? Math.min(...oldest) : undefined;
    const media = age === undefined && size === undefined ? least : Math.max(aged, this.#crowdedOut);
    if (markers === undefined || present === undefined) return media;
    return Math.min(media ?? Number.POSITIVE_INFINITY, present - markers);
  }

  /** Finds what was kept before. Rejects with STORE_*. */
  async find(present: string): Promise<void> {
    const { store, stream, storage } = this.#options;
    await this.#earlier.find(present);
    this.#pages = await RetainedPublisher.open(store, stream, storage);
  }

  /**
   * Keeps what leaves this list from now on, and removes what is over; returns the stop.
   * @param changed called when markers may have to go
   * @param beside how many bytes lie beside a segment and go with it
   */
  watch(publisher: Publisher, changed: () => void, beside = this.#beside): () => Promise<void> {
    this.#publisher = publisher;
    this.#beside = beside;
    this.#pages?.attach(publisher);
    const { now = systemDate } = this.#options;
    const newest = this.#pages?.state.pages.at(-1);
    const end = lastAnchor(publisher.state) ?? (newest && { pts: newest.end, date: newest.endDate });
    // PTS go on with the calendar.
    if (end !== undefined) {
      const passed = elapsedSince(end.date, now(), publisher.state, this.dates);
      this.#known = { pts: end.pts + passed, at: this.#monotonic() };
    }
    const look = () => {
      this.#looking ??= this.look()
        .then(changed, this.#options.failed)
        .finally(() => {
          this.#looking = undefined;
        });
    };
    void this.#earlier.removeStrange().catch(this.#options.failed);
    look();
    const timer = setInterval(look, LOOK_MS);
    timer.unref();
    return async () => {
      clearInterval(timer);
      await this.#looking;
      this.#publisher = undefined;
      this.#waiting = [];
      this.#seen = -1;
      await this.#space?.leave();
    };
  }

  /** Segments are about to leave the list: those below `before`. What is kept of them is said before that. */
  leaving(before: number): void {
    const { state } = this.#publisher ?? {};
    const pages = this.#pages;
    if (!this.keeps || state === undefined || pages === undefined) return;
    const { epoch } = state.stream;
    const next = Math.max(this.#seen + 1, nextRetained(pages.state, epoch));
    this.#waiting.push(...state.segments.filter(({ msn }) => msn >= next));
    this.#seen = state.nextMsn - 1;
    // What earlier epochs have left comes first.
    if (this.#earlier.from !== undefined) return;
    // Half of the list at most, so that a page is there well before its first segment has left.
    const { window, targetDuration } = state.stream;
    const size = Math.max(1, Math.min(LARGEST_PAGE, Math.floor(window / targetDuration / 2)));
    while (this.#waiting.length >= size || (this.#waiting[0]?.msn ?? before) < before) {
      const some = this.#waiting.splice(0, size);
      pages.page(
        some.map((segment) => retained(segment, epoch)),
        state.stream,
        some.reduce((sum, { msn }) => sum + this.#beside(msn), 0),
      );
    }
  }

  /** What of the present epoch is kept. */
  files(): RetainedFiles {
    const epoch = this.#publisher?.state.stream.epoch;
    const own = this.#pages?.state.pages.filter((page) => page.epoch === epoch) ?? [];
    return {
      from: own[0]?.first ?? 0,
      to: own.at(-1)?.last ?? -1,
      inits: new Set(own.flatMap(({ runs }) => runs.map(initFile))),
    };
  }

  /** Segments up to this one are lost: they are not kept when they leave the list. */
  lost(msn: number): void {
    this.#waiting = this.#waiting.filter((segment) => segment.msn > msn);
    this.#seen = Math.max(this.#seen, msn);
  }

  /** Storage has lost objects: the pages of what is unlisted, up to the newest that is not there, go. Rejects as `has` does. */
  async forgetLost(has: (path: string) => Promise<boolean>): Promise<void> {
    const pages = this.#pages;
    const known = (pages?.state.pages ?? []).filter(({ end }) => end <= this.#unlisted());
    const whole = await Promise.all(known.map((page) => pages?.isThere(page, has)));
    const lost = whole.lastIndexOf(false);
    if (lost === -1) return;
    const gone = known.slice(0, lost + 1);
    this.#lost.push(...gone);
    await pages?.remove(gone);
  }

  /** Removes what is over. Rejects with STORE_*, STORAGE_FAILED. */
  async look(): Promise<void> {
    const pages = this.#pages;
    if (pages === undefined || this.#publisher === undefined) return;
    await this.#earlier.page(pages);
    const floor = this.#floor();
    this.#lost = this.#lost.filter(({ end }) => end > floor);
    await pages.remove(pages.state.pages.filter(({ end }) => end <= floor));
    await this.#makeRoom(pages);
    await this.#earlier.removeOver(pages);
  }

  /**
   * Lets the oldest go that is not listed, until so many bytes are free, for want of room on the disk. Resolves to how
   * many are.
   * @param atOnce also what was listed a moment ago, and may be in a list that somebody still has
   */
  async release(bytes: number, atOnce = false): Promise<number> {
    const pages = this.#pages;
    // How much that of another epoch was is seen at the next look.
    if (await this.#earlier.releaseStrange()) return bytes;
    if (pages === undefined) return 0;
    const oldest: RetainedPage[] = [];
    let freed = 0;
    const listed = this.#publisher?.state.segments[0]?.pts;
    const until = Math.max(this.#unlisted(), (atOnce ? listed : undefined) ?? Number.NEGATIVE_INFINITY);
    for (const page of pages.state.pages.filter(({ end }) => end <= until)) {
      if (freed >= bytes) break;
      oldest.push(page);
      freed += page.bytes;
    }
    this.#crowdedOut = Math.max(this.#crowdedOut, oldest.at(-1)?.end ?? Number.NEGATIVE_INFINITY);
    await pages.remove(oldest, false);
    return freed;
  }

  async #makeRoom(pages: RetainedPublisher): Promise<void> {
    const { segments = [] } = this.#publisher?.state ?? {};
    const from = pages.state.pages.findLast(({ end }) => end <= this.#unlisted())?.end ?? 0;
    const listed = segments
      .filter(({ pts }) => pts >= from)
      .reduce((sum, { msn, bytes }) => sum + bytes + this.#beside(msn), 0);
    await this.#space?.look({
      bytes: () => pages.state.pages.reduce((sum, page) => sum + page.bytes, listed),
      oldest: () => pages.state.pages.find(({ end }) => end <= this.#unlisted())?.date,
      release: (bytes) => this.release(bytes),
    });
  }

  /** PTS up to which media is too old. */
  #floor(): Microseconds {
    const { age } = this.#options.rules;
    const { window = 0, holdBack = 0 } = this.#publisher?.state.stream ?? {};
    // A shorter window than before takes nothing that an earlier epoch listed.
    const least = Math.max(window, this.#earlier.window) + holdBack;
    const aged = (this.#present() ?? Number.NEGATIVE_INFINITY) - Math.max(age ?? 0, least);
    // What is kept for its size alone is never too old.
    const bySize = age === undefined && this.#options.rules.size !== undefined;
    return bySize ? Number.NEGATIVE_INFINITY : Math.min(aged, this.#unlisted());
  }

  #unlisted(): Microseconds {
    return unlistedBefore(this.#publisher?.state, this.#pages?.state.pages ?? []);
  }

  /** The PTS of this moment: it goes on while nothing comes. */
  #present(): Microseconds | undefined {
    const state = this.#publisher?.state;
    const last = state && newestSegment(state);
    const at = this.#monotonic();
    const passed = this.#known && this.#known.pts + fromMilliseconds(at - this.#known.at);
    const edge = last && last.pts + last.duration;
    if (edge === undefined || (passed !== undefined && passed >= edge)) return passed;
    this.#known = { pts: edge, at };
    return edge;
  }
}
