import { objectsFile, objectsFileText } from '../../src/hls/objects-file.ts';
import { type LoggedObjects, type ObjectsEntry, objectsLogName } from '../../src/hls/objects-log.ts';
import { mediaFolder } from '../../src/hls/playlist-log.ts';
import type { Storage } from '../../src/storage/storage.ts';
import type { Store } from '../../src/store/store.ts';
import { FIRST_EPOCH } from './recorded-packager.ts';
import type { RecordedStream } from './recorded-stream.ts';

/** What is seen in the frames of a segment, in order. */
export type Sights = (segment: number) => readonly LoggedObjects[];

/** Files of objects are written so long after their segment has ended, in milliseconds. */
const WRITTEN_AFTER = 2000;

/** Says of a recorded stream what a detector would see in its frames, and writes the files that are made of it. */
export class RecordedDetector {
  readonly #store: Store;
  readonly #storage: Storage;
  readonly #name: string;
  readonly #recorded: RecordedStream;
  readonly #sights: Sights;
  /** The oldest segment of which something may be said still, and PTS of the frame of which something was said last. */
  #segment: number;
  #said = Number.NEGATIVE_INFINITY;

  constructor(store: Store, storage: Storage, name: string, recorded: RecordedStream, sights: Sights) {
    this.#store = store;
    this.#storage = storage;
    this.#name = name;
    this.#recorded = recorded;
    this.#sights = sights;
    this.#segment = recorded.listed().first;
  }

  /** Says what was seen up to now, and writes what is due. */
  async look(): Promise<void> {
    const recorded = this.#recorded;
    const frames: LoggedObjects[] = [];
    const now = recorded.ptsAt(recorded.now());
    for (let segment = this.#segment; segment <= recorded.listed().next; segment += 1)
      frames.push(...this.#sights(segment).filter(({ pts }) => pts > this.#said && pts <= now));
    this.#said = frames.at(-1)?.pts ?? this.#said;
    if (frames.length > 0) await this.#append({ type: 'frames', frames });
    while (recorded.dateOf(this.#segment + 1) + WRITTEN_AFTER <= recorded.now()) await this.#write();
  }

  async #write(): Promise<void> {
    const msn = this.#segment;
    this.#segment += 1;
    const before = this.#recorded.ptsAt(this.#recorded.dateOf(msn + 1));
    const of = { epoch: FIRST_EPOCH, msn, before };
    await this.#append({ type: 'closed', ...of, any: true, some: true });
    const path = `${mediaFolder(this.#name, FIRST_EPOCH)}/${objectsFile(msn)}`;
    await this.#storage.write(path, [Buffer.from(objectsFileText(this.#sights(msn)))]);
    await this.#append({ type: 'written', ...of });
  }

  async #append(entry: ObjectsEntry): Promise<void> {
    await this.#store.append(objectsLogName(this.#name), entry, { ephemeral: true });
  }
}
