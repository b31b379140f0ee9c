import type { Attributes, PlaylistText } from './playlist-text.ts';
import type { Violation } from './violation.ts';

/** Slack for dates in whole milliseconds. */
const ROUNDING_MS = 2;

/**
 * Remembers every date range ever listed: an attribute never changes, only DURATION may come later (§4.4.5.1),
 * and none leaves while any of it maps to a listed segment (§6.2.1).
 */
export class DateRangeMemory {
  readonly #all = new Map<string, Attributes>();
  #listed = new Set<string>();

  check(playlist: PlaylistText): Violation[] {
    const found: Violation[] = [];
    const now = new Set<string>();
    for (const range of playlist.dateRanges) {
      const id = range.get('ID') ?? '';
      now.add(id);
      const known = this.#all.get(id);
      for (const [name, value] of known ?? []) {
        if (range.get(name) === value) continue;
        found.push({
          rule: 'daterange-changed',
          message: `${name} of ${id}: ${value} → ${range.get(name)}`,
        });
      }
      for (const name of range.keys()) {
        if (known === undefined || known.has(name) || name === 'DURATION') continue;
        found.push({ rule: 'daterange-changed', message: `${name} of ${id} came later` });
      }
      this.#all.set(id, range);
    }
    const start = playlist.segments[0]?.date ?? Number.POSITIVE_INFINITY;
    for (const id of this.#listed) {
      const range = this.#all.get(id);
      if (now.has(id) || range === undefined) continue;
      const end = Date.parse(range.get('START-DATE') ?? '') + Number(range.get('DURATION') ?? 0) * 1000;
      if (end > start + ROUNDING_MS) {
        found.push({ rule: 'daterange-withdrawn', message: `${id} left while it maps to listed media` });
      }
    }
    this.#listed = now;
    return found;
  }
}
