import type { EpochMicroseconds, Microseconds } from '../clock.ts';

/**
 * Thumbnails as an ordered log: what the stream child appends and every API child folds. Small pictures of the
 * stream lie as tiles on sheets, row by row; a sheet that is not full yet is written anew, under a new name, for
 * every tile, since objects in storage never change.
 */

/** How the tiles lie; told before the first of them. */
export interface ThumbnailLayoutEntry {
  readonly type: 'layout';
  /** Size of a tile, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Tiles side by side on a sheet. */
  readonly columns: number;
  /** Tiles one above the other on a sheet. */
  readonly rows: number;
  /** Time between two tiles: each shows the first picture at or after a multiple of it. */
  readonly interval: Microseconds;
}

/** The next tile of a sheet: `thumbs-<sheet>-<index + 1>.jpg` can be fetched and holds it and all before it. */
export interface ThumbnailTileEntry {
  readonly type: 'tile';
  /** Number of the sheet; grows, and is never used again within an epoch. */
  readonly sheet: number;
  /** Place on the sheet, from 0: left to right, then down. */
  readonly index: number;
  /** PTS of the picture. */
  readonly pts: Microseconds;
  /** The same instant as a date. */
  readonly date: EpochMicroseconds;
  /** With the first tile of a sheet, so that the log can be cut off before any of them. */
  readonly layout?: ThumbnailLayoutEntry;
}

/** Sheets with a number below `before` left the window. */
export interface ThumbnailsRemovedEntry {
  readonly type: 'removed';
  readonly before: number;
}

/** No thumbnails are made any more, and what there was is not told any longer. */
export interface ThumbnailsOffEntry {
  readonly type: 'off';
}

/** One entry of the thumbnail log. */
export type ThumbnailEntry =
  | ThumbnailLayoutEntry
  | ThumbnailTileEntry
  | ThumbnailsRemovedEntry
  | ThumbnailsOffEntry;

/** When a tile's picture is shown. */
export type ThumbnailTile = Pick<ThumbnailTileEntry, 'pts' | 'date'>;

/** A sheet as it can be fetched now. */
export interface ThumbnailSheet {
  readonly number: number;
  readonly tiles: ThumbnailTile[];
}

/** The fold of a thumbnail log. Changed in place by {@link applyThumbnailEntry}. */
export interface ThumbnailState {
  /** Undefined while no thumbnails are made. */
  layout: ThumbnailLayoutEntry | undefined;
  /** Oldest first; none is empty. */
  sheets: ThumbnailSheet[];
  /** Grows with every change. */
  version: number;
}

/** Name of the log of {@link ThumbnailEntry} of an epoch. */
export function thumbnailLogName(name: string, epoch: string): string {
  return `thumbnails/${name}/${epoch}`;
}

/** Storage path, and URL path below `/video/`, of the folder of an epoch's sheets. */
export function thumbnailFolder(name: string, epoch: string): string {
  return `${name}/${epoch}`;
}

/** File name of a sheet as it is with so many tiles. */
export function sheetFile(sheet: number, tiles: number): string {
  return `thumbs-${sheet}-${tiles}.jpg`;
}

/** The fold of an empty log. */
export function emptyThumbnailState(): ThumbnailState {
  return { layout: undefined, sheets: [], version: 0 };
}

/** Folds one entry into `state`; entries already folded change nothing. */
export function applyThumbnailEntry(state: ThumbnailState, entry: ThumbnailEntry): void {
  if (entry.type === 'layout') {
    if (sameLayout(state.layout, entry)) return;
    // Sheets of another layout cannot be told beside these.
    state.layout = entry;
    state.sheets = [];
  } else if (entry.type === 'tile') {
    if (!addTile(state, entry)) return;
  } else if (entry.type === 'removed') {
    const kept = state.sheets.filter((sheet) => sheet.number >= entry.before);
    if (kept.length === state.sheets.length) return;
    state.sheets = kept;
  } else {
    if (state.layout === undefined) return;
    state.layout = undefined;
    state.sheets = [];
  }
  state.version += 1;
}

function addTile(state: ThumbnailState, entry: ThumbnailTileEntry): boolean {
  const { sheet, index, pts, date } = entry;
  const last = state.sheets.at(-1);
  if (last !== undefined && sheet < last.number) return false;
  if (last?.number === sheet) {
    if (index !== last.tiles.length) return false;
    last.tiles.push({ pts, date });
    return true;
  }
  // A sheet of which the first tiles were missed cannot be shown: it is told again, or leaves the window.
  state.layout ??= entry.layout;
  if (index !== 0 || state.layout === undefined) return false;
  state.sheets.push({ number: sheet, tiles: [{ pts, date }] });
  return true;
}

/** Whether tiles of both may be told together. */
export function sameLayout(
  one: ThumbnailLayoutEntry | undefined,
  other: Omit<ThumbnailLayoutEntry, 'type'> | undefined,
): boolean {
  return (
    one?.width === other?.width &&
    one?.height === other?.height &&
    one?.columns === other?.columns &&
    one?.rows === other?.rows &&
    one?.interval === other?.interval
  );
}
