import { type EpochMicroseconds, fromIsoDate, secondsToMilliseconds } from '../../src/clock.ts';
import { frontLength } from '../../src/hls/bisect.ts';
import { jitteredBackOff } from './back-off.ts';
import { serverGate } from './server-gate.ts';
import { serverUrl } from './server-url.ts';

/** One small picture: a rectangle of a sprite sheet. Sizes in pixels of the sheet. */
export interface Thumbnail {
  readonly date: EpochMicroseconds;
  /** Of the sheet, resolved. */
  readonly uri: string;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Tiles side by side in the sheet, and rows of them. */
  readonly columns: number;
  readonly rows: number;
}

/** Small pictures of a stream's window, fetched only while someone looks for one. */
export interface Thumbnails {
  /** Where the list of sheets is, undefined when there are none, and what the server puts before its paths. */
  use(url: string | undefined, prefix?: string): void;
  /** Someone looks: fetches the list if it is older than a picture's interval. */
  wake(): void;
  /** The newest picture at or before `date`, as far as is known; undefined if there is none. */
  at(date: EpochMicroseconds): Thumbnail | undefined;
}

/** Where a store of thumbnails gets what it needs; a page has all of it. */
export interface ThumbnailsOptions {
  /** Rejects when there is no proper answer. */
  readonly fetchJson?: (url: string) => Promise<unknown>;
  /** Milliseconds on any clock. */
  readonly now?: () => number;
  /** URL of the page. */
  readonly base?: string;
}

/** Makes the store of a page. */
export function createThumbnails({
  fetchJson = fetchFresh,
  now = () => performance.now(),
  base = location.href,
}: ThumbnailsOptions = {}): Thumbnails {
  let url: string | undefined;
  let before = '';
  let list: ThumbnailList = { interval: 0, tiles: [] };
  let askedAt = -Infinity;
  let asking = false;
  let failures = 0;

  async function ask(from: string): Promise<void> {
    asking = true;
    askedAt = now();
    try {
      const atRoot = (path: string) => serverUrl(path, before, base);
      const read = readThumbnails(await fetchJson(from), new URL(from, base).href, atRoot);
      if (from === url) list = read;
      failures = 0;
    } catch {
      // A later look asks again.
      failures += 1;
    }
    asking = false;
  }

  return {
    use(next, prefix = '') {
      before = prefix;
      if (next === url) return;
      url = next;
      list = { interval: 0, tiles: [] };
      askedAt = -Infinity;
    },
    wake() {
      const pause = Math.max(
        secondsToMilliseconds(list.interval),
        SHORTEST,
        jitteredBackOff(failures, () => 1),
      );
      if (url !== undefined && !asking && now() - askedAt >= pause) void ask(url);
    },
    at: (date) => tileAt(list.tiles, date),
  };
}

/** What the list of sheets says, flattened: ascending by date. */
export interface ThumbnailList {
  /** Seconds from one picture to the next. */
  readonly interval: number;
  readonly tiles: readonly Thumbnail[];
}

/** Not more often than this, in milliseconds, whatever the interval. */
const SHORTEST = 1000;

/**
 * Reads the list; what is malformed is left out. Pure.
 * @param base URL of the list
 * @param atRoot where a path from the server's root is reached, if not at that of the URL
 */
export function readThumbnails(
  value: unknown,
  base: string,
  atRoot = (path: string) => new URL(path, base).href,
): ThumbnailList {
  const { width, height, columns, rows, interval, sheets } = (value ?? {}) as Record<string, unknown>;
  if (!positive(width) || !positive(height) || !positive(columns) || !positive(rows)) {
    return { interval: 0, tiles: [] };
  }
  const tiles = array(sheets).flatMap((sheet) => {
    const { uri, tiles: listed } = (sheet ?? {}) as Record<string, unknown>;
    if (typeof uri !== 'string' || !URL.canParse(uri, base)) return [];
    const resolved = uri.startsWith('/') ? atRoot(uri) : new URL(uri, base).href;
    return array(listed)
      .slice(0, columns * rows)
      .flatMap((tile, at): Thumbnail[] => {
        const { date: text } = (tile ?? {}) as Record<string, unknown>;
        const date = typeof text === 'string' ? fromIsoDate(text) : undefined;
        if (date === undefined) return [];
        const left = (at % columns) * width;
        const top = Math.floor(at / columns) * height;
        return [{ date, uri: resolved, left, top, width, height, columns, rows }];
      });
  });
  return {
    interval: positive(interval) ? interval : 0,
    tiles: tiles.sort((a, b) => a.date - b.date),
  };
}

/** The last tile at or before `date`; undefined before the first. Pure. */
export function tileAt(tiles: readonly Thumbnail[], date: EpochMicroseconds): Thumbnail | undefined {
  return tiles[frontLength(tiles.length, (index) => (tiles[index] as Thumbnail).date <= date) - 1];
}

async function fetchFresh(url: string): Promise<unknown> {
  if (!serverGate.isOpen()) throw new Error('the server is away');
  const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.json();
}

function positive(value: unknown): value is number {
  return typeof value === 'number' && value > 0;
}

function array(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
