import { setImmediate as turn } from 'node:timers/promises';
import { fromEpochMilliseconds, fromSeconds, type Microseconds } from '../../src/clock.ts';
import { emptyMediaState, type MediaState, type PartEntry } from '../../src/hls/playlist-log.ts';
import { closeSegment } from '../../src/packager/epoch.ts';
import { Publisher } from '../../src/packager/publisher.ts';
import { countExpired } from '../../src/packager/retention-queue.ts';
import type { Storage } from '../../src/storage/storage.ts';
import type { Store } from '../../src/store/store.ts';

const PART: Microseconds = 333_333;
const PARTS = 6;

/** Media for every name: only its size counts, and all of a kind share their bytes. */
export function sameMedia(partBytes: number, segmentBytes: number): Storage {
  const [part, segment] = [Buffer.alloc(partBytes, 'p'), Buffer.alloc(segmentBytes, 's')];
  return {
    write: async () => {},
    read: async (path) => (/\.\d+\.m4s$/.test(path) ? part : segment),
    remove: async () => {},
    removeFolder: async () => {},
    folders: async () => [],
  };
}

/** Announces a stream as fast as the store takes it: segments of 2 s in six parts, through the real publisher. */
export class FastPackager {
  readonly #publisher: Publisher;
  #open: PartEntry[] = [];
  #pts: Microseconds = 0;
  #discontinuities = 0;
  #breaks = false;

  /** @param window how much the playlist lists, in seconds */
  constructor(store: Store, window: number) {
    const startedAt = fromEpochMilliseconds(Date.now() - window * 1000);
    const state = emptyMediaState({
      ...{ name: 'bench', epoch: 'e1', startedAt, window: fromSeconds(window) },
      ...{
        targetDuration: 2_000_000,
        partTarget: PART + 10_000,
        partHoldBack: 1_030_000,
        holdBack: 6_000_000,
      },
    });
    this.#publisher = new Publisher(store, state, (error) => {
      throw error;
    });
  }

  /** Fills the window and a bit more, so that it slides. */
  async fill(): Promise<void> {
    const { stream } = this.#publisher.state;
    await this.#publisher.announce();
    await this.#publisher.playlist({
      type: 'init',
      run: 'r1',
      anchor: { pts: 0, date: stream.startedAt },
      codecs: 'avc1.64001f',
      ...{ width: 640, height: 360, frameRate: 30, bandwidth: 1_800_000 },
    });
    const segments = Math.ceil(stream.window / (PART * PARTS)) + 4;
    for (let parts = 0; parts < segments * PARTS + 2; parts += 1) {
      await this.addPart();
      if (parts % 600 === 0) await turn();
    }
  }

  /** What is listed. */
  get state(): MediaState {
    return this.#publisher.state;
  }

  /** PTS at which the next part begins. */
  get pts(): Microseconds {
    return this.#pts;
  }

  /** The file name of the newest closed segment. */
  get lastSegment(): number {
    return this.#publisher.state.nextMsn - 1;
  }

  /** A discontinuity at the next segment, and so much after it that a delta update would skip it. */
  async breakOff(): Promise<void> {
    while (this.#open.length > 0) await this.addPart();
    this.#breaks = true;
    this.#discontinuities += 1;
    for (let parts = 0; parts < 8 * PARTS; parts += 1) await this.addPart();
  }

  /** Announces the next part; the sixth closes its segment, and the oldest segment leaves a full window. */
  async addPart(): Promise<void> {
    const { state } = this.#publisher;
    const entry: PartEntry = {
      ...{
        type: 'part',
        msn: state.nextMsn,
        part: this.#open.length,
        run: 'r1',
        pts: this.#pts,
        duration: PART,
      },
      ...{ date: state.stream.startedAt + this.#pts, independent: this.#open.length === 0, bytes: 75_000 },
      ...{ discontinuity: this.#breaks, discontinuitySequence: this.#discontinuities },
    };
    this.#open.push(entry);
    this.#pts += PART;
    if (this.#open.length < PARTS) {
      await this.#publisher.part(entry);
      return;
    }
    const segment = closeSegment(this.#open, false);
    this.#open = [];
    this.#breaks = false;
    if (segment !== undefined) await this.#publisher.playlist(segment);
    // Counting walks the list, so it waits until the window is full.
    const expired = this.#full() ? countExpired(state) : 0;
    const before = state.segments[expired]?.msn;
    if (expired > 0 && before !== undefined) await this.#publisher.playlist({ type: 'removed', before });
  }

  #full(): boolean {
    const { segments, stream } = this.#publisher.state;
    return segments.length * PART * PARTS >= stream.window;
  }
}
