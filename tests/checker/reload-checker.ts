import { DateRangeMemory } from './daterange-memory.ts';
import { applyDelta } from './delta.ts';
import { HintMemory } from './hint-memory.ts';
import { checkPlaylist } from './playlist-rules.ts';
import { type PlaylistText, readPlaylist } from './playlist-text.ts';
import { checkReload } from './reload-rules.ts';
import type { Violation } from './violation.ts';

/** A segment that left the list, and how long its file must still be served (rfc8216bis §6.2.2). */
export interface Removal {
  readonly uri: string;
  /** Milliseconds since the Unix epoch. */
  readonly until: number;
}

/**
 * The judge: fed with every version of one Media Playlist that a client was given, in order, it says which
 * rules were broken. `violations` only grows.
 */
export class ReloadChecker {
  readonly violations: Violation[] = [];
  readonly removals: Removal[] = [];
  /** The newest version, complete: Playlist Delta Updates are applied. */
  latest: PlaylistText | undefined;
  readonly #hints = new HintMemory();
  readonly #ranges = new DateRangeMemory();
  #longest = 0;

  /** Takes the next version, full or a Playlist Delta Update; `at` is when it came, in epoch milliseconds. */
  feed(text: string, at: number): void {
    const read = readPlaylist(text);
    this.violations.push(...checkPlaylist(read));
    const before = this.latest;
    let playlist = read;
    if (read.skipped > 0) {
      const applied = applyDelta(before, read);
      this.violations.push(...applied.violations);
      if (applied.playlist === undefined) return;
      playlist = applied.playlist;
    }
    if (before !== undefined) {
      this.violations.push(...checkReload(before, playlist));
      this.#noteRemovals(before, playlist, at);
    }
    this.violations.push(...this.#hints.check(playlist), ...this.#ranges.check(playlist));
    const length = playlist.segments.reduce((sum, segment) => sum + segment.duration, 0);
    this.#longest = Math.max(this.#longest, length);
    this.latest = playlist;
  }

  #noteRemovals(before: PlaylistText, after: PlaylistText, at: number): void {
    for (const segment of before.segments) {
      if (segment.msn >= after.mediaSequence) break;
      // Its own duration plus that of the longest playlist that held it.
      this.removals.push({ uri: segment.uri, until: at + (segment.duration + this.#longest) * 1000 });
    }
  }
}
