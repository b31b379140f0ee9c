import { createHash } from 'node:crypto';
import { type Anchor, dateOf, type Milliseconds, within } from '../clock.ts';
import type { EncoderRun, RunShape } from '../encoder/encoder.ts';
import type { Filler } from '../hls/filler.ts';
import { asGap } from '../hls/gap.ts';
import {
  initFile,
  listedOpenParts,
  mediaFolder,
  newestSegment,
  type PartEntry,
  partFile,
  runName,
  segmentFile,
} from '../hls/playlist-log.ts';
import { sameRunFollows } from '../hls/same-run.ts';
import type { Storage } from '../storage/storage.ts';
import { isStorageFailure } from '../storage/storage.ts';
import { type Assembled, Assembler, type PlannedBoundary } from './assembler.ts';
import { closeSegment } from './epoch.ts';
import { joinParts } from './join-parts.ts';
import type { Publisher } from './publisher.ts';

/** How long storage may take to say whether an init segment is there. */
const ANSWER_MS: Milliseconds = 300;

/** What is in an init segment, as the name of its run says it. */
export function digestOf(init: Uint8Array): string {
  return createHash('sha256').update(init).digest('hex').slice(0, 16);
}

/** What one run of the encoder is about. */
export interface RunFacts {
  /** Short id, unique within the epoch. */
  readonly id: string;
  readonly anchor: Anchor;
  readonly shape: RunShape;
  /** BANDWIDTH for the Multivariant Playlist, in bits per second. */
  readonly bandwidth: number;
  /** The same for the key frames alone. */
  readonly keyFrameBandwidth?: number;
}

/**
 * The output side of one run: takes fragments off the encoder, writes parts and segments to storage and then
 * hands the entry to the publisher. What a run leaves behind is always whole: its last part and segment are closed, also
 * when the encoder died.
 */
export class PartWriter {
  /** Resolves when everything is written; rejects with the encoder's or the storage's error, after closing. */
  readonly done: Promise<void>;
  /** Set as soon as the run has failed. */
  failed = false;
  /** Fragments that came out so far. */
  produced = 0;
  /** The source has ended with this run: no other follows. */
  isLast = false;
  readonly #facts: RunFacts;
  readonly #run: EncoderRun;
  readonly #publisher: Publisher;
  readonly #storage: Storage;
  readonly #now: () => number;
  readonly #assembler = new Assembler();
  /** What the planner planned for pictures that are still inside the encoder, with the time they went in. */
  readonly #planned: { readonly boundary: PlannedBoundary; readonly at: number }[] = [];
  readonly #discontinuitySequence: number;
  readonly #follows: boolean;
  #init: { readonly run: string; readonly bytes: Uint8Array } | undefined;
  /** Those of the open segment. */
  #parts: { readonly entry: PartEntry; readonly chunks: readonly Uint8Array[] }[] = [];
  #first = true;

  /** @param now monotonic milliseconds */
  constructor(facts: RunFacts, run: EncoderRun, publisher: Publisher, storage: Storage, now: () => number) {
    this.#facts = facts;
    this.#run = run;
    this.#publisher = publisher;
    this.#storage = storage;
    this.#now = now;
    const last = newestSegment(publisher.state);
    this.#follows = last !== undefined;
    this.#discontinuitySequence = last === undefined ? 0 : last.discontinuitySequence + 1;
    this.done = this.#consume();
    // Whoever ends the run awaits it; until then `failed` says it.
    this.done.catch(() => {});
  }

  /** A picture goes into the encoder with this plan. */
  expect(boundary: PlannedBoundary): void {
    this.#planned.push({ boundary, at: this.#now() });
  }

  /** Whether this is the init segment of the run, which {@link restore} writes again. */
  isInit(path: string): boolean {
    return this.#init !== undefined && path === this.#path(initFile(this.#init.run));
  }

  /** Storage has lost objects: those are written again that the run goes on with. Rejects as `has` does. */
  async restore(has: (path: string) => Promise<boolean>): Promise<void> {
    const init = this.#init;
    const parts = [...this.#parts];
    if (init !== undefined && !(await has(this.#path(initFile(init.run))))) await this.#writeInitFile(init);
    for (const { entry, chunks } of parts) {
      const path = this.#path(partFile(entry.msn, entry.part));
      if (!(await has(path))) await this.#storage.write(path, chunks);
    }
  }

  /** How long the oldest picture has been inside the encoder, in milliseconds; the newest one always stays. */
  get lag(): number {
    const oldest = this.#planned[0];
    return oldest === undefined || this.#planned.length < 2 ? 0 : this.#now() - oldest.at;
  }

  async #consume(): Promise<void> {
    try {
      for await (const fragment of this.#run.fragments) {
        if (this.produced === 0) await this.#writeInit();
        this.produced += 1;
        const planned = this.#planned.shift();
        const done = this.#assembler.add(
          fragment,
          planned?.boundary ?? { startsPart: false, startsSegment: false },
        );
        if (done) await this.#write(done);
      }
    } catch (error) {
      this.failed = true;
      this.#run.kill();
      // What storage did not take has no successor under the same number: whoever ends the run closes what is listed.
      if (!isStorageFailure(error)) await this.#finish().catch(() => {});
      throw error;
    }
    await this.#finish();
  }

  async #finish(): Promise<void> {
    const last = this.#assembler.end(this.#publisher.state.stream.partTarget);
    if (last) await this.#write(last, !this.isLast);
  }

  async #writeInit(): Promise<void> {
    const { bytes, codecs, width, height } = await this.#run.init;
    const { id, anchor, bandwidth, keyFrameBandwidth, shape } = this.#facts;
    const run = runName(id, digestOf(bytes));
    this.#init = { run, bytes };
    // A run before this one may have written it. Storage that cannot say so soon is another's concern: it is written then.
    const read = this.#storage.read(this.#path(initFile(run))).catch(() => undefined);
    const there = await within(read, ANSWER_MS);
    if (!Buffer.isBuffer(there) || !there.equals(bytes)) await this.#writeInitFile(this.#init);
    const { frameRate } = shape;
    void this.#publisher.playlist({
      ...{ type: 'init', run, anchor, codecs, width, height, frameRate, bandwidth },
      ...(keyFrameBandwidth !== undefined && { keyFrameBandwidth }),
    });
  }

  #writeInitFile({ run, bytes }: { readonly run: string; readonly bytes: Uint8Array }): Promise<void> {
    return this.#storage.write(this.#path(initFile(run)), [bytes]);
  }

  async #write({ part, closesSegment }: Assembled, endsRun = false): Promise<void> {
    const msn = this.#publisher.state.nextMsn;
    const { index, pts, duration, independent, bytes, keyFrame, chunks, filler, frames } = part;
    const entry: PartEntry = {
      type: 'part',
      ...{ msn, part: index, run: this.#init?.run ?? this.#facts.id, pts, duration, independent, bytes },
      ...(keyFrame !== undefined && { keyFrame }),
      date: dateOf(this.#facts.anchor, pts),
      discontinuity: this.#first && this.#follows,
      discontinuitySequence: this.#discontinuitySequence,
      ...(filler && { filler }),
      ...(frames.length > 0 && { frames }),
    };
    await this.#storage.write(this.#path(partFile(msn, index)), chunks);
    this.#parts.push({ entry, chunks });
    if (closesSegment) await this.#closeSegment(msn, endsRun);
    else void this.#publisher.part(entry);
  }

  async #closeSegment(msn: number, endsRun: boolean): Promise<void> {
    const parts = this.#parts.map(({ entry }) => entry);
    const segment = closeSegment(parts, endsRun);
    const chunks = this.#parts.flatMap((part) => part.chunks);
    const madeOf = parts.map(({ part }) => this.#path(partFile(msn, part)));
    this.#parts = [];
    this.#first = false;
    if (segment === undefined) return;
    await this.#storage.write(this.#path(segmentFile(msn)), chunks, { madeOf });
    void this.#publisher.playlist(segment);
  }

  #path(file: string): string {
    const { name, epoch } = this.#publisher.state.stream;
    return `${mediaFolder(name, epoch)}/${file}`;
  }
}

/**
 * Ends the run that a process which died has listed last. A segment that was left half open is closed from the parts
 * already listed: none is ever withdrawn. One whose parts storage has lost, or not whole, is a gap; so is one that storage
 * does not take, though its parts can be fetched. Does nothing where that run has ended already.
 */
export async function endLastRun(publisher: Publisher, storage: Storage): Promise<void> {
  const parts = listedOpenParts(publisher.state);
  const segment = closeSegment(parts, true);
  const { nextMsn, segments } = publisher.state;
  if (segment === undefined) {
    if (segments.length === 0 || !sameRunFollows(publisher.state)) return;
    return publisher.playlist({ type: 'break', msn: nextMsn });
  }
  const became = await joinParts(storage, publisher.state.stream, segment).then(
    (whole) => (whole ? 'whole' : 'lost'),
    (error: unknown) => {
      if (isStorageFailure(error)) return 'refused';
      throw error;
    },
  );
  const filler: Filler = { kind: 'gap', since: segment.date };
  if (became === 'lost') await publisher.playlist(asGap(segment));
  else await publisher.playlist(became === 'refused' ? { ...segment, bytes: 0, filler } : segment);
}
