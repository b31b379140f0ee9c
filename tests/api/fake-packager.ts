import { fromEpochMilliseconds, type Microseconds } from '../../src/clock.ts';
import type { Filler } from '../../src/hls/filler.ts';
import {
  type InitEntry,
  mediaFolder,
  type PartEntry,
  type PlaylistEntry,
  partFile,
  partsLogName,
  playlistLogName,
  type SegmentPart,
  segmentFile,
} from '../../src/hls/playlist-log.ts';
import type { FrameSpan } from '../../src/hls/source-frames.ts';
import { STREAMS_LOG, type StreamEntry, streamToLog } from '../../src/hls/stream-log.ts';
import type { Storage } from '../../src/storage/storage.ts';
import type { Store } from '../../src/store/store.ts';

const PART: Microseconds = 500_000;
const PARTS = 4;

/** Appends and writes what the packager would, with bytes that say which file they are. */
export class FakePackager {
  readonly stream: StreamEntry;
  readonly entries: PlaylistEntry[] = [];
  readonly partEntries: PartEntry[] = [];
  /** Of the open segment. */
  msn = 0;
  part = 0;
  pts: Microseconds = 1_000_000;
  /** Bytes of the key frame that begins each segment, if the log is to know. */
  keyFrame: number | undefined;
  /** What its media fills, while it shows no pictures of the source. */
  filler: Filler | undefined;
  /** Which frames of the source a part from this PTS on shows, if the log is to know. */
  frames: ((pts: Microseconds) => readonly FrameSpan[]) | undefined;
  readonly #store: Store;
  readonly #storage: Storage;
  readonly #startedAt: number;
  #discontinuities = 0;
  #breaks = false;
  #open: SegmentPart[] = [];

  constructor(store: Store, storage: Storage, startedAt: number, stream: Partial<StreamEntry> = {}) {
    this.#store = store;
    this.#storage = storage;
    this.#startedAt = fromEpochMilliseconds(startedAt);
    this.stream = {
      name: 'cam',
      epoch: 'e1',
      startedAt: this.#startedAt,
      targetDuration: 2_000_000,
      partTarget: 510_000,
      partHoldBack: 1_530_000,
      holdBack: 6_000_000,
      window: 60_000_000,
      ...stream,
    };
  }

  get folder(): string {
    return mediaFolder(this.stream.name, this.stream.epoch);
  }

  /** Where media lies on the server. */
  get url(): string {
    return `/video/${this.folder}`;
  }

  /** The date of a PTS. */
  date(pts: Microseconds): number {
    return this.#startedAt + pts - 1_000_000;
  }

  async announce(): Promise<void> {
    await this.#store.append(STREAMS_LOG, streamToLog(this.stream));
    await this.#storage.write(`${this.folder}/init-r1.mp4`, [Buffer.from('init r1')]);
    const init: InitEntry = {
      type: 'init',
      run: 'r1',
      anchor: { pts: 1_000_000, date: this.#startedAt },
      codecs: 'avc1.64001f',
      width: 640,
      height: 360,
      frameRate: 30,
      bandwidth: 1_800_000,
    };
    await this.append(init);
  }

  async append(entry: PlaylistEntry): Promise<void> {
    this.entries.push(entry);
    await this.#store.append(playlistLogName(this.stream.name, this.stream.epoch), entry);
  }

  /** Writes and announces the next part; the fourth closes its segment. */
  async addPart(): Promise<void> {
    const { msn, part, pts } = this;
    const bytes = partBytes(msn, part);
    await this.#storage.write(`${this.folder}/${partFile(msn, part)}`, [bytes]);
    const { keyFrame } = this;
    const facts = {
      ...{ duration: PART, independent: part === 0, bytes: bytes.length },
      ...(part === 0 && keyFrame !== undefined && { keyFrame }),
      ...(this.frames && { frames: this.frames(pts) }),
    };
    const { filler } = this;
    const common = {
      ...{ msn, run: `r${this.#discontinuities + 1}` },
      ...{ discontinuity: this.#breaks, discontinuitySequence: this.#discontinuities },
      ...(filler && { filler }),
    };
    const entry: PartEntry = { type: 'part', part, pts, date: this.date(pts), ...common, ...facts };
    this.partEntries.push(entry);
    this.#open.push(facts);
    this.part += 1;
    this.pts += PART;
    await this.#store.append(partsLogName(this.stream.name, this.stream.epoch), entry);
    if (this.part === PARTS) await this.#closeSegment(common);
  }

  async addSegments(count: number): Promise<void> {
    for (let index = 0; index < count * PARTS; index += 1) await this.addPart();
  }

  /** What comes next follows a discontinuity; not within a segment. */
  startRun(): void {
    this.#discontinuities += 1;
    this.#breaks = true;
  }

  /** Announces closed segments whose media is not there, each of one part. */
  async addEmptySegments(count: number): Promise<void> {
    const duration = PART * PARTS;
    for (let index = 0; index < count; index += 1) {
      await this.append({
        ...{ type: 'segment', msn: this.msn, pts: this.pts, date: this.date(this.pts), duration, bytes: 0 },
        ...{ run: `r${this.#discontinuities + 1}`, discontinuitySequence: this.#discontinuities },
        ...{ discontinuity: false, parts: [{ duration, independent: true, bytes: 0 }] },
      });
      this.msn += 1;
      this.pts += duration;
    }
  }

  /** Says again everything that was said, as after the store came back empty. */
  async sayAgain(): Promise<void> {
    await this.#store.append(STREAMS_LOG, streamToLog(this.stream));
    for (const entry of this.entries)
      await this.#store.append(playlistLogName(this.stream.name, this.stream.epoch), entry);
    for (const entry of this.partEntries)
      await this.#store.append(partsLogName(this.stream.name, this.stream.epoch), entry);
  }

  async #closeSegment(common: {
    msn: number;
    run: string;
    discontinuity: boolean;
    discontinuitySequence: number;
    filler?: Filler;
  }) {
    const bytes = segmentBytes(this.msn);
    await this.#storage.write(`${this.folder}/${segmentFile(this.msn)}`, [bytes]);
    const duration = PART * PARTS;
    const pts = this.pts - duration;
    const parts = this.#open;
    this.#open = [];
    this.msn += 1;
    this.part = 0;
    const facts = { pts, duration, date: this.date(pts), bytes: bytes.length, parts };
    await this.append({ type: 'segment', ...common, ...facts });
    this.#breaks = false;
  }
}

/** What is in a part's file. */
export function partBytes(msn: number, part: number): Buffer {
  return Buffer.from(`part ${msn}.${part};`);
}

/** What is in a segment's file: its parts. */
export function segmentBytes(msn: number): Buffer {
  return Buffer.concat(Array.from({ length: PARTS }, (_, part) => partBytes(msn, part)));
}
