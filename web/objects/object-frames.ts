import type { Microseconds } from '../../src/clock.ts';
import { frontLength } from '../../src/hls/bisect.ts';
import { type SeenObjects, type ShownObjects, shownOf } from '../../src/objects/shown.ts';

/** What is known of the objects of frames near the one on screen, and which of them belong to it. Pure. */

/** Frames of objects, oldest first for each source; bounded, whatever comes in. */
export interface ObjectFrames {
  /** Takes all frames of one part of the media, in place of what came of them before; `key` names it. */
  put(key: string, frames: readonly SeenObjects[]): void;
  /** Takes frames as they are seen. */
  append(frames: readonly SeenObjects[]): void;
  /** Whether that part is there; one that is asked for is let go after the others. */
  has(key: string): boolean;
  /** What to draw on the frame of this PTS. */
  at(pts: Microseconds): readonly ShownObjects[];
  clear(): void;
  /** How much is held: frames, objects and corners of outlines. */
  readonly size: number;
}

/** One frame of one source, and the part of the media that it came with. */
interface Entry extends SeenObjects {
  key: string;
}

/** What comes live, by its key. */
const LIVE = '';
/** So much is held at most, of it this share live; in objects. */
const MOST = 120_000;
const MOST_LIVE = 0.4;

/** Makes it, empty. @param most how much it may hold */
export function createObjectFrames(most = MOST): ObjectFrames {
  const series = new Map<string, Entry[]>();
  /** How much each part holds; those asked for last come last. */
  const parts = new Map<string, number>();
  let size = 0;

  function insert(frame: SeenObjects, key: string): void {
    const entry = { ...frame, key };
    let entries = series.get(frame.source);
    if (entries === undefined) {
      entries = [];
      series.set(frame.source, entries);
    }
    const at = frontLength(entries.length, (index) => (entries[index] as Entry).pts < frame.pts);
    const known = entries[at];
    if (known?.pts === frame.pts) {
      count(known.key, -weightOf(known));
      entries[at] = entry;
    } else if (at === entries.length) entries.push(entry);
    else entries.splice(at, 0, entry);
    count(key, weightOf(entry));
  }

  function count(key: string, weight: number): void {
    parts.set(key, (parts.get(key) ?? 0) + weight);
    size += weight;
  }

  function keep(holds: (entry: Entry) => boolean): void {
    for (const [source, entries] of series) {
      const left = entries.filter((entry) => {
        if (holds(entry)) return true;
        count(entry.key, -weightOf(entry));
        return false;
      });
      if (left.length === 0) series.delete(source);
      else series.set(source, left);
    }
  }

  function drop(key: string): void {
    keep((entry) => entry.key !== key);
    parts.delete(key);
  }

  /** Lets go of the oldest live frames, then of the parts that were not asked for. */
  function shrink(last: string): void {
    const limit = most * MOST_LIVE;
    if ((parts.get(LIVE) ?? 0) > limit) {
      const live = [...series.values()].flat().filter(({ key }) => key === LIVE);
      live.sort((a, b) => b.pts - a.pts);
      let held = 0;
      const oldest = live.find((entry) => {
        held += weightOf(entry);
        // A quarter more than must go, that this is seldom.
        return held > limit * 0.75;
      });
      keep(({ key, pts }) => key !== LIVE || pts > (oldest?.pts ?? 0));
    }
    for (const key of [...parts.keys()]) {
      if (size <= most) break;
      if (key !== LIVE && key !== last) drop(key);
    }
  }

  return {
    put(key, frames) {
      drop(key);
      parts.set(key, 0);
      for (const frame of frames) insert(frame, key);
      shrink(key);
    },
    append(frames) {
      for (const frame of frames) insert(frame, LIVE);
      shrink(LIVE);
    },
    has(key) {
      const weight = parts.get(key);
      if (weight === undefined) return false;
      parts.delete(key);
      parts.set(key, weight);
      return true;
    },
    at: (pts) => [...series.values()].flatMap((entries) => shownOf(entries, pts) ?? []),
    clear() {
      series.clear();
      parts.clear();
      size = 0;
    },
    get size() {
      return size;
    },
  };
}

function weightOf({ objects }: SeenObjects): number {
  return objects.reduce((sum, { outline }) => sum + 1 + (outline?.length ?? 0) / 4, 1);
}
