import type { EpochMicroseconds } from '../clock.ts';
import type { OthersUsage, SharedUsage, Usage } from '../storage/storage.ts';

/** What a {@link SharedSpace} works with. */
export interface SharedSpaceOptions {
  /** Name of the stream. */
  readonly stream: string;
  /** What all streams may use together, in bytes, as this one was told. */
  readonly limit: number | undefined;
  readonly directory: SharedUsage;
  /** Whether this process may take the media of streams that nobody runs. */
  readonly others: boolean;
  /** Told, once, that what is listed alone takes more than there may be. */
  readonly full: (bytes: number, limit: number) => void;
}

/** The media of one stream, as far as its room is concerned. */
export interface OwnMedia {
  readonly bytes: () => number;
  /** Date of the oldest that may go. */
  readonly oldest: () => EpochMicroseconds | undefined;
  /** Lets the oldest go until so many bytes are free; resolves to how many are. */
  readonly release: (bytes: number) => Promise<number>;
}

/**
 * Room that all streams of a data directory share: of all their media the oldest goes first. Each deletes its own, when
 * that is the oldest of all; what nobody runs any more is deleted by whoever gets its lock.
 */
export class SharedSpace {
  readonly #options: SharedSpaceOptions;
  #isFull = false;
  #usage: Usage | undefined;

  constructor(options: SharedSpaceOptions) {
    this.#options = options;
  }

  /** Says what this stream uses, and makes room where it is its turn. */
  async look(own: OwnMedia): Promise<void> {
    const { stream, directory, others: mayTake } = this.#options;
    await this.#writeUsage(own);
    // One round for each page of another, and no end of them in a look.
    for (let round = 0; round < 100; round += 1) {
      const others = await directory.others(stream);
      const limit = Math.min(this.#options.limit ?? Infinity, ...others.map((one) => limitOf(one)));
      const excess = others.reduce((sum, { bytes }) => sum + bytes, own.bytes()) - limit;
      if (!(excess > 0)) return;
      const mine = own.oldest() ?? Infinity;
      const older = others
        .filter((one) => one.oldest !== null && isBefore(one.oldest, one.name, mine, stream))
        .sort((one, other) => (isBefore(one.oldest ?? 0, one.name, other.oldest ?? 0, other.name) ? -1 : 1));
      const [oldest] = older;
      if (oldest === undefined && mine === Infinity) {
        if (!this.#isFull) this.#options.full(own.bytes(), limit);
        this.#isFull = true;
        return;
      }
      // It is its turn, and it knows that within seconds.
      if (oldest?.live) return;
      if (oldest !== undefined) {
        if (!mayTake || (await directory.shrink(oldest.name, excess)) === 0) return;
        continue;
      }
      // Up to what is the oldest then may be another's.
      const next = Math.min(...others.map((one) => one.oldest ?? Infinity));
      let freed = 0;
      while (freed < excess && (own.oldest() ?? Infinity) <= next) {
        const some = await own.release(1);
        if (some === 0) break;
        freed += some;
      }
      this.#isFull = false;
      await this.#writeUsage(own);
      if (freed === 0) return;
    }
  }

  /** Says that nobody runs the stream now. */
  async leave(): Promise<void> {
    const { directory, stream } = this.#options;
    if (this.#usage !== undefined)
      await directory.write(stream, { ...this.#usage, limit: null, left: true }).catch(() => {});
  }

  async #writeUsage(own: OwnMedia): Promise<void> {
    const { stream, directory, limit } = this.#options;
    this.#usage = { bytes: own.bytes(), oldest: own.oldest() ?? null, limit: limit ?? null };
    await directory.write(stream, this.#usage);
  }
}

function limitOf({ live, limit }: OthersUsage): number {
  return live ? (limit ?? Infinity) : Infinity;
}

/** Which of two goes first: the older, or by name. */
function isBefore(date: number, name: string, other: number, otherName: string): boolean {
  return date < other || (date === other && name < otherName);
}
