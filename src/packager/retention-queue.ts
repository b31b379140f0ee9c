import { type Microseconds, toMilliseconds } from '../clock.ts';
import { segmentFiles } from '../hls/objects-file.ts';
import { type MediaState, partFile, type SegmentEntry } from '../hls/playlist-log.ts';

/**
 * What leaves the Media Playlist, and when its files may go. Pure.
 *
 * A removed segment stays fetchable for its own duration plus that of the longest playlist that held it
 * (RFC 8216 §6.2.2).
 */

/** How many of the oldest segments are beyond the window: it stays full, so one goes when the rest still fills it. */
export function countExpired(state: MediaState): number {
  const { segments, stream } = state;
  // Three target durations stay at least (RFC 8216 §6.2.2), however short the segments are.
  const least = Math.max(stream.window, 3 * stream.targetDuration);
  let listed = segments.reduce((sum, segment) => sum + segment.duration, 0);
  let expired = 0;
  for (const segment of segments) {
    listed -= segment.duration;
    if (listed < least || segments.length - expired <= 3) break;
    expired += 1;
  }
  return expired;
}

/**
 * How many of the oldest segments leave the list for want of room: as many as have so many bytes, but three target
 * durations stay (RFC 8216 §6.2.2), and as much that is no gap.
 */
export function countSpared({ segments, stream }: MediaState, bytes: number): number {
  const least = 3 * stream.targetDuration;
  const media = segments.filter(({ filler }) => filler?.kind !== 'gap');
  let [listed, shown] = [segments, media].map((all) =>
    all.reduce((sum, { duration }) => sum + duration, 0),
  ) as [Microseconds, Microseconds];
  let [spared, freed] = [0, 0];
  for (const segment of segments) {
    listed -= segment.duration;
    if (segment.filler?.kind !== 'gap') shown -= segment.duration;
    if (freed >= bytes || Math.min(listed, shown) < least || segments.length - spared <= 3) break;
    freed += segment.bytes;
    spared += 1;
  }
  return spared;
}

/** Whether as much is listed as should be: less is while the list grows, and after media was lost. */
export function isFull({ segments, stream }: MediaState): boolean {
  return segments.reduce((sum, segment) => sum + segment.duration, 0) >= stream.window;
}

interface Due {
  readonly at: number;
  readonly files: readonly string[];
  /** As far as it is known. */
  readonly bytes: number;
}

/**
 * How long part files stay after their segment closed, in target durations: they are listed for three
 * (rfc8216bis §6.2.2), and a client may still act on a playlist that it fetched at the end of those.
 */
const PARTS_STAY = 10;

/** The newest closed segments whose parts nobody takes for want of room: they are listed. */
const PARTS_LISTED = 3;

/** Files that wait for the end of their grace. Times are milliseconds of a monotonic clock. */
export class RetentionQueue {
  readonly #segments: Due[] = [];
  readonly #parts: Due[] = [];
  readonly #leftovers: Due[] = [];
  #longest: Microseconds = 0;

  /** Notes how much media a playlist listed; the longest counts. */
  listed(duration: Microseconds): void {
    this.#longest = Math.max(this.#longest, duration);
  }

  /** A segment was closed now: the files of its parts are on their way out. */
  segmentClosed(segment: SegmentEntry, targetDuration: Microseconds, now: number): void {
    const files = segment.parts.map((_, index) => partFile(segment.msn, index));
    const at = now + PARTS_STAY * toMilliseconds(targetDuration);
    const bytes = segment.parts.reduce((sum, part) => sum + part.bytes, 0);
    this.#parts.push({ at, files, bytes });
  }

  /** A segment left the list now. */
  segmentRemoved(segment: SegmentEntry, now: number): void {
    const at = now + toMilliseconds(segment.duration + this.#longest);
    this.#segments.push({ at, files: segmentFiles(segment.msn), bytes: segment.bytes });
  }

  /** Files that somebody else's grace covers until `at`. */
  leftovers(files: readonly string[], at: number): void {
    this.#leftovers.push({ at, files, bytes: 0 });
    this.#leftovers.sort((one, other) => one.at - other.at);
  }

  /** The files whose grace is over at `now`; each is given once. */
  over(now: number): string[] {
    const files: string[] = [];
    for (const queue of [this.#leftovers, this.#parts, this.#segments]) {
      while (queue[0] !== undefined && queue[0].at <= now) files.push(...(queue.shift()?.files ?? []));
    }
    return files;
  }

  /** For want of room: files before their grace is over, the oldest first, until they are so many bytes. */
  early(bytes: number): { readonly files: readonly string[]; readonly bytes: number } {
    const taken: Due[] = [];
    let freed = 0;
    const queues = [
      [this.#segments, 0],
      [this.#parts, PARTS_LISTED],
      // How much they are nobody knows, and some may be what could not be removed.
      [this.#leftovers, 0],
    ] as const;
    for (const [queue, stay] of queues) {
      while (freed < bytes && queue.length > stay) {
        const [due] = queue.splice(0, 1) as [Due];
        taken.push(due);
        freed += due.bytes;
      }
    }
    return { files: taken.flatMap(({ files }) => files), bytes: freed };
  }
}
