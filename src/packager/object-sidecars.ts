import { type Microseconds, type Milliseconds, secondsToMilliseconds } from '../clock.ts';
import { liveEdge } from '../hls/live-edge.ts';
import { objectsFile, objectsFileText } from '../hls/objects-file.ts';
import { hasObjectsBefore, type ObjectsEntry } from '../hls/objects-log.ts';
import { mediaFolder, type SegmentEntry } from '../hls/playlist-log.ts';
import type { Storage } from '../storage/storage.ts';
import { ObjectsLogOwner, type ObjectsLogOwnerOptions } from './objects-log-owner.ts';

/** What {@link ObjectSidecars} work with. */
export interface ObjectSidecarsOptions extends ObjectsLogOwnerOptions {
  readonly storage: Storage;
  /** So long after its segment was closed its file is written; what comes later is too late. @default 2 s */
  readonly delay?: Milliseconds;
  /** Monotonic milliseconds. @default performance.now */
  readonly now?: () => Milliseconds;
}

/** Detectors have this long, once a segment is closed. */
const DELAY: Milliseconds = secondsToMilliseconds(2);

/** How often it is looked what is due, in milliseconds. */
const LOOK_MS: Milliseconds = 100;

/** After a failure it is tried again after so long, in milliseconds. */
const RETRY_AFTER: Milliseconds = 1000;

/** What waits is given so long to be written when the process ends, and looked at so often, in milliseconds. */
const [FAREWELL_MS, FAREWELL_LOOK_MS]: readonly [Milliseconds, Milliseconds] = [1000, 10];

/** Of so many files it is remembered how large they are. */
const MOST_SIZES = 1024;

/** So many repeated frames are remembered while nothing was said of any frame. */
const MOST_REPEATED = 256;

/** A segment whose file is to be written. */
interface Due {
  readonly msn: number;
  readonly pts: Microseconds;
  /** PTS where it ends. */
  readonly end: Microseconds;
  /** When it was closed. */
  readonly at: Milliseconds;
}

/**
 * Writes what is said of frames into a file beside each Media Segment, two seconds after that was closed. A process that
 * takes over from another one writes the files that are missing, from the same entries of the log.
 */
export class ObjectSidecars {
  readonly log: ObjectsLogOwner;
  readonly #options: ObjectSidecarsOptions;
  readonly #now: () => Milliseconds;
  #due: Due[] = [];
  /** Repeated frames that the log does not know of yet. */
  #repeated: { readonly pts: Microseconds; readonly of: Microseconds }[] = [];
  /** How large the files of the newest segments are, in bytes. */
  readonly #bytes = new Map<number, number>();
  #delay: Milliseconds;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  /** Something failed: nothing is done before this. */
  #notBefore: Milliseconds = Number.NEGATIVE_INFINITY;

  constructor(options: ObjectSidecarsOptions) {
    const { publisher } = options;
    this.#options = options;
    this.log = new ObjectsLogOwner(options);
    this.#delay = options.delay ?? DELAY;
    this.#now = options.now ?? (() => performance.now());
    for (const segment of publisher.state.segments) this.#closed(segment);
    publisher.onPublished((entry) => {
      if (entry.type === 'segment') this.#closed(entry);
    });
  }

  /** Begins. Rejects with STORE_*. */
  async open(): Promise<void> {
    await this.log.open();
    this.#timer = setInterval(() => void this.look(), LOOK_MS).unref();
  }

  /** A frame shows once more the picture of another. */
  repeated(pts: Microseconds, of: Microseconds): void {
    this.#repeated.push({ pts, of });
    if (this.#repeated.length > MOST_REPEATED) this.#repeated.shift();
  }

  /** A run of the encoder begins behind what is listed: what was said of pictures that did not get there is void. */
  begins(): void {
    const at = liveEdge(this.#options.publisher.state);
    if (at === undefined) return;
    this.#repeated = this.#repeated.filter(({ pts }) => pts < at);
    void this.log.begins(at);
  }

  /** How large the file of a segment is, or will be about, in bytes. */
  bytesOf(msn: number): number {
    const newest = [...this.#bytes.values()].at(-1);
    return this.#bytes.get(msn) ?? (msn > this.log.reach.written ? newest : 0) ?? 0;
  }

  /** Does what is due. */
  look(): Promise<void> {
    if (this.#now() < this.#notBefore) return Promise.resolve();
    this.#looking ??= this.#look()
      .catch((error: unknown) => {
        this.#notBefore = this.#now() + RETRY_AFTER;
        this.#options.failed(error);
      })
      .finally(() => {
        this.#looking = undefined;
      });
    return this.#looking;
  }

  /**
   * Ends it.
   * @param hurried nobody goes on from here: files are written at once, as far as that is done in a moment
   */
  async close(hurried: boolean): Promise<void> {
    if (hurried && this.#timer !== undefined) {
      this.#delay = 0;
      const until = this.#now() + FAREWELL_MS;
      for (await this.look(); this.#due.length > 0 && this.#now() < until; await this.look())
        await new Promise((resolve) => setTimeout(resolve, FAREWELL_LOOK_MS));
    }
    clearInterval(this.#timer);
    this.log.close();
    await this.#looking;
  }

  #closed({ msn, pts, duration }: SegmentEntry): void {
    this.#due.push({ msn, pts, end: pts + duration, at: this.#now() });
  }

  async #look(): Promise<void> {
    await this.#appendRepeated();
    await this.log.keepAny();
    await this.log.append(this.#closings());
    for (const due of this.#due) {
      const { closed, written } = this.log.reach;
      if (due.msn > closed) break;
      if (due.msn > written && !(await this.#write(due))) break;
    }
    this.#due = this.#due.filter(({ msn }) => msn > this.log.reach.written);
    await this.log.trim();
  }

  /** What is to be said to be closed. */
  #closings(): ObjectsEntry[] {
    const { any, state, reach } = this.log;
    const { epoch } = this.#options.publisher.state.stream;
    const until = this.#now() - this.#delay;
    const over = this.#due.filter(({ msn, at }) => msn > reach.closed && at <= until);
    return over.flatMap(({ msn, end: before }) => {
      const some = hasObjectsBefore(state, before);
      // Of many at once that have no file, the newest speaks for all.
      return some || msn === over.at(-1)?.msn ? [{ type: 'closed', epoch, msn, before, any, some }] : [];
    });
  }

  /** Writes the file of a segment that is closed; says whether the log says so. Rejects with STORAGE_*. */
  async #write({ msn, pts, end: before }: Due): Promise<boolean> {
    const { storage, publisher } = this.#options;
    const { name, epoch } = publisher.state.stream;
    const frames = [...this.log.state.frames.values()].filter(
      (frame) => frame.pts >= pts && frame.pts < before,
    );
    if (frames.length > 0) {
      const bytes = Buffer.from(objectsFileText(frames));
      await storage.write(`${mediaFolder(name, epoch)}/${objectsFile(msn)}`, [bytes]);
      this.#bytes.set(msn, bytes.length);
      for (const known of this.#bytes.keys()) if (known <= msn - MOST_SIZES) this.#bytes.delete(known);
    }
    const entry: ObjectsEntry = { type: 'written', epoch, msn, before };
    if (!(await this.log.append([entry]))) return false;
    this.log.fold(entry);
    return true;
  }

  async #appendRepeated(): Promise<void> {
    const frames = this.#repeated;
    if (frames.length === 0 || !this.log.any) return;
    this.#repeated = [];
    if (!(await this.log.append([{ type: 'repeated', frames }])))
      this.#repeated = [...frames, ...this.#repeated].slice(-MOST_REPEATED);
  }
}
