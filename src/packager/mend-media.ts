import { CLOSED_WITH_PARTS } from '../hls/media-playlist.ts';
import {
  initFile,
  listedOpenParts,
  mediaFolder,
  partFile,
  type SegmentEntry,
  segmentFile,
} from '../hls/playlist-log.ts';
import type { StreamEntry } from '../hls/stream-log.ts';
import type { ObjectSize, Storage } from '../storage/storage.ts';
import { joinParts } from './join-parts.ts';
import { digestOf } from './part-writer.ts';
import type { Publisher } from './publisher.ts';

/** What became of listed files that were not whole. */
export interface Mended {
  /** They were put together again: segments from their parts, parts from their segment. */
  readonly mended: number;
  /** They are gone. */
  readonly lost: number;
}

/**
 * Makes what is listed whole again, or has it go: a power cut leaves files that are empty or half written, though the
 * store knows of them. The newest segments, where they are lost, become gaps, for what lies before them is to stay
 * listed; any other leaves the list as one that was deleted. Rejects with STORAGE_FAILED.
 * @param newest so many of the newest segments are looked at
 */
export async function mendMedia(
  publisher: Publisher,
  storage: Storage,
  size: ObjectSize,
  newest = Number.POSITIVE_INFINITY,
): Promise<Mended> {
  const { stream, segments } = publisher.state;
  const mender = new Mender(storage, stream, size);
  const open = listedOpenParts(publisher.state);
  // Runs that are decoded alike share theirs.
  const inits = new Map([...segments, ...open].map(({ run }) => [initFile(run), run]));
  for (const run of inits.values()) await mender.init(run);
  const lost = new Set<number>();
  const shown = segments.slice(-newest).filter(({ filler }) => filler?.kind !== 'gap');
  const found = await Promise.all(shown.map((segment) => mender.look(segment)));
  const newestWhole = found.lastIndexOf('whole');
  for (const [at, segment] of shown.entries()) {
    // What is missing before others that are there was deleted by somebody, and stays so.
    const mends = found[at] === 'damaged' || (found[at] === 'missing' && at > newestWhole);
    if (found[at] !== 'whole' && !(mends && (await mender.segment(segment)))) lost.add(segment.msn);
  }
  for (const segment of segments.slice(-CLOSED_WITH_PARTS))
    if (shown.includes(segment) && !lost.has(segment.msn)) await mender.parts(segment);
  // Its process may have closed it, and removed its parts in time, while the store could be told nothing.
  const [first] = open;
  if (first !== undefined) await mender.parts({ msn: first.msn, parts: open });
  const from = segments.findLastIndex(({ msn }) => !lost.has(msn)) + 1;
  const gone = segments[from];
  if (from > 0 && gone !== undefined)
    await publisher.playlist({ type: 'lost', from: gone.msn, before: publisher.state.nextMsn });
  return mender.counts;
}

/** Looks at the files of one epoch. */
class Mender {
  readonly counts = { mended: 0, lost: 0 };
  readonly #storage: Storage;
  readonly #stream: StreamEntry;
  readonly #size: ObjectSize;

  constructor(storage: Storage, stream: StreamEntry, size: ObjectSize) {
    this.#storage = storage;
    this.#stream = stream;
    this.#size = size;
  }

  /** An init segment that is not what its name says goes: the next run writes it anew. */
  async init(run: string): Promise<void> {
    const path = this.#path(initFile(run));
    const [, digest] = run.split('.');
    const bytes = digest === undefined ? undefined : await this.#storage.read(path);
    if (bytes !== undefined && digestOf(bytes) !== digest) await this.#drop(path);
  }

  async look({ msn, bytes }: SegmentEntry): Promise<'whole' | 'damaged' | 'missing'> {
    const size = await this.#size(this.#path(segmentFile(msn)));
    return size === bytes ? 'whole' : size === undefined ? 'missing' : 'damaged';
  }

  /** Puts a segment together from its parts; says whether it could. */
  async segment(segment: SegmentEntry): Promise<boolean> {
    if (!(await joinParts(this.#storage, this.#stream, segment))) {
      await this.#drop(this.#path(segmentFile(segment.msn)));
      return false;
    }
    this.counts.mended += 1;
    return true;
  }

  /** Cuts parts out of their segment again that are not there, or not whole; they go where it is not there either. */
  async parts({ msn, parts }: Pick<SegmentEntry, 'msn' | 'parts'>): Promise<void> {
    let whole: Buffer | undefined;
    let begin = 0;
    for (const [part, { bytes }] of parts.entries()) {
      const path = this.#path(partFile(msn, part));
      if ((await this.#size(path)) !== bytes) {
        whole ??= (await this.#storage.read(this.#path(segmentFile(msn)))) ?? Buffer.alloc(0);
        const cut = whole.subarray(begin, begin + bytes);
        if (cut.length < bytes) await this.#drop(path);
        else {
          await this.#storage.write(path, [cut]);
          this.counts.mended += 1;
        }
      }
      begin += bytes;
    }
  }

  #path(file: string): string {
    return `${mediaFolder(this.#stream.name, this.#stream.epoch)}/${file}`;
  }

  async #drop(path: string): Promise<void> {
    if ((await this.#size(path)) === undefined) return;
    this.counts.lost += 1;
    await this.#storage.remove([path]);
  }
}
