import { fromEpochMilliseconds, fromSeconds } from '../../src/clock.ts';
import {
  type InitEntry,
  mediaFolder,
  type PlaylistEntry,
  partFile,
  playlistLogName,
  type SegmentEntry,
  segmentFile,
} from '../../src/hls/playlist-log.ts';
import { STREAMS_LOG, type StreamEntry, streamToLog } from '../../src/hls/stream-log.ts';
import {
  sheetFile,
  type ThumbnailEntry,
  type ThumbnailLayoutEntry,
  thumbnailFolder,
  thumbnailLogName,
} from '../../src/hls/thumbnail-log.ts';
import type { Store } from '../../src/store/store.ts';
import { type Picture, type RecordedStream, THUMBNAILS } from './recorded-stream.ts';

const SECOND = fromSeconds(1);
/** Name of the epoch in which streams begin. */
export const FIRST_EPOCH = 'first';

/** How a recorded stream is packaged. */
export interface PackagedAs {
  readonly name: string;
  /** What is said of its pictures. @default what they are */
  readonly picture?: Picture;
  /** Small pictures of it are made. @default false */
  readonly thumbnails?: boolean;
}

/** Says of a recorded stream in the store what the packager would: segments of one part each. */
export class RecordedPackager {
  readonly name: string;
  readonly #store: Store;
  readonly #recorded: RecordedStream;
  readonly #as: PackagedAs;
  /** Which segment has Media Sequence Number 0, by epoch. */
  readonly #offsets = new Map<string, number>();
  #stream: StreamEntry;
  /** The next segment to be listed, and the oldest that has not left the list. */
  #next: number;
  #oldest: number;
  /** The newest run that was named, the one before which a break was written, and that in which this epoch began. */
  #run = -1;
  #brokenBefore: number;
  #firstRun: number;
  #tiles = 0;
  #hasEnded = false;

  constructor(store: Store, recorded: RecordedStream, as: PackagedAs) {
    this.name = as.name;
    this.#store = store;
    this.#recorded = recorded;
    this.#as = as;
    this.#next = recorded.listed().first;
    this.#oldest = this.#next;
    this.#firstRun = recorded.runOf(this.#next);
    this.#brokenBefore = this.#firstRun;
    this.#stream = {
      ...{ name: as.name, epoch: FIRST_EPOCH, startedAt: fromEpochMilliseconds(recorded.dateOf(0)) },
      ...{ targetDuration: SECOND, partTarget: SECOND, partHoldBack: 3 * SECOND, holdBack: 3 * SECOND },
      window: fromSeconds(recorded.window),
    };
    this.#offsets.set(FIRST_EPOCH, 0);
  }

  /** Media Sequence Number that comes next, as the present epoch counts. */
  get nextMsn(): number {
    return this.#msn(this.#next);
  }

  /** Says that there is the stream. */
  async announce(): Promise<void> {
    await this.#store.append(STREAMS_LOG, streamToLog(this.#stream));
    if (this.#as.thumbnails) await this.#appendThumbnail(LAYOUT);
  }

  /** Begins a new epoch with what comes from now on. */
  async beginEpoch(epoch: string): Promise<void> {
    const startedAt = fromEpochMilliseconds(this.#recorded.now());
    this.#stream = { ...this.#stream, epoch, startedAt };
    this.#next = this.#recorded.listed().next;
    this.#oldest = this.#next;
    this.#offsets.set(epoch, this.#next);
    this.#firstRun = this.#recorded.runOf(this.#next);
    this.#brokenBefore = this.#firstRun;
    this.#run = -1;
    this.#tiles = 0;
    await this.announce();
  }

  /** Says of every segment that is there by now that it is. */
  async publish(): Promise<void> {
    const { first, next } = this.#recorded.listed();
    for (; this.#next < next; this.#next += 1) {
      await this.#beginRun(this.#next);
      await this.#append(this.#segmentEntry(this.#next));
    }
    await this.#beginRun(next);
    if (this.#as.thumbnails) await this.#publishTiles(next);
    if (first > this.#oldest) await this.#append({ type: 'removed', before: this.#msn(first) });
    this.#oldest = Math.max(first, this.#oldest);
    if (this.#recorded.hasEnded) await this.end();
  }

  /** Says that the source has ended. */
  async end(): Promise<void> {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    await this.#append({ type: 'end' });
  }

  /** The bytes at a path of the storage; undefined where this one has written none. */
  read(path: string): Buffer | undefined {
    for (const [epoch, offset] of this.#offsets) {
      const folder = `${mediaFolder(this.name, epoch)}/`;
      if (path.startsWith(`${folder}init-`)) return this.#recorded.media.init;
      const msn = path.startsWith(folder) ? Number.parseInt(path.slice(folder.length), 10) : Number.NaN;
      if (path === folder + segmentFile(msn) || path === folder + partFile(msn, 0))
        return this.#recorded.segment(msn + offset);
      const [, sheet, tiles] = /thumbs-(\d+)-(\d+)\.jpg$/.exec(path) ?? [];
      if (path === `${thumbnailFolder(this.name, epoch)}/${sheetFile(Number(sheet), Number(tiles))}`)
        return this.#recorded.sheet();
    }
    return undefined;
  }

  /** Before the first segment of a run: the one before is over, and this one has its init segment. */
  async #beginRun(segment: number): Promise<void> {
    const { recorded, run } = { recorded: this.#recorded, run: this.#recorded.runOf(segment) };
    if (run > this.#brokenBefore) await this.#append({ type: 'break', msn: this.#msn(segment) });
    this.#brokenBefore = run;
    const date = recorded.dateOf(segment);
    // One that died has no successor yet.
    if (run <= this.#run || !Number.isFinite(date)) return;
    this.#run = run;
    const init: InitEntry = {
      ...{ type: 'init', run: `r${run + 1}`, codecs: recorded.media.codecs, bandwidth: 1_000_000 },
      anchor: { pts: recorded.ptsAt(date), date: fromEpochMilliseconds(date) },
      ...(this.#as.picture ?? recorded.picture),
    };
    await this.#append(init);
  }

  #segmentEntry(segment: number): SegmentEntry {
    const recorded = this.#recorded;
    const bytes = recorded.segment(segment).length;
    const [run, date] = [recorded.runOf(segment), recorded.dateOf(segment)];
    const silence = recorded.silenceOf(segment);
    return {
      ...{ type: 'segment', msn: this.#msn(segment), run: `r${run + 1}`, bytes },
      ...{ pts: recorded.ptsAt(date), date: fromEpochMilliseconds(date), duration: SECOND },
      discontinuity: run > this.#firstRun && recorded.runOf(segment - 1) < run,
      discontinuitySequence: run - this.#firstRun,
      ...(silence && { filler: { kind: 'slate', since: fromEpochMilliseconds(silence.since) } }),
      parts: [{ duration: SECOND, independent: true, bytes }],
    };
  }

  async #publishTiles(next: number): Promise<void> {
    const { interval, columns, rows } = THUMBNAILS;
    const offset = this.#offsets.get(this.#stream.epoch) ?? 0;
    for (; offset + this.#tiles * interval < next; this.#tiles += 1) {
      const date = this.#recorded.dateOf(offset + this.#tiles * interval);
      const index = this.#tiles % (columns * rows);
      await this.#appendThumbnail({
        ...{ type: 'tile', sheet: Math.floor(this.#tiles / (columns * rows)), index },
        ...{ pts: this.#recorded.ptsAt(date), date: fromEpochMilliseconds(date) },
        ...(index === 0 && { layout: LAYOUT }),
      });
    }
  }

  #msn(segment: number): number {
    return segment - (this.#offsets.get(this.#stream.epoch) ?? 0);
  }

  #append(entry: PlaylistEntry): Promise<string> {
    return this.#store.append(playlistLogName(this.name, this.#stream.epoch), entry);
  }

  #appendThumbnail(entry: ThumbnailEntry): Promise<string> {
    return this.#store.append(thumbnailLogName(this.name, this.#stream.epoch), entry);
  }
}

const LAYOUT: ThumbnailLayoutEntry = {
  ...{ type: 'layout', ...THUMBNAILS },
  interval: fromSeconds(THUMBNAILS.interval),
};
