import { type Microseconds, millisecondsToSeconds, toIsoDate, toMilliseconds, toSeconds } from '../clock.ts';
import { sheetFile, type ThumbnailState, thumbnailFolder } from './thumbnail-log.ts';

/** A sheet as JSON clients see it. */
interface ThumbnailSheetJson {
  /** Path of the picture: absolute, without host. It never changes; a fuller sheet has another. */
  readonly uri: string;
  /** When each tile is from, in the order of their places: left to right, then down. Times in seconds of PTS. */
  readonly tiles: readonly { readonly time: number; readonly date: string }[];
}

/** All thumbnails there are, as `GET /streams/<name>/thumbnails.json` writes them; tiles ascend by time. */
export interface ThumbnailListJson {
  /** Of a tile, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly columns: number;
  readonly rows: number;
  /** Seconds from tile to tile. */
  readonly interval: number;
  readonly sheets: readonly ThumbnailSheetJson[];
}

/** Whose thumbnails they are. */
export interface ThumbnailOwner {
  readonly name: string;
  readonly epoch: string;
  /** What paths begin with. @default '' */
  readonly prefix?: string;
}

/** The list as JSON; undefined where no thumbnails are made. */
export function thumbnailsToJson(
  { layout, sheets }: ThumbnailState,
  owner: ThumbnailOwner,
): ThumbnailListJson | undefined {
  if (layout === undefined) return undefined;
  const { width, height, columns, rows, interval } = layout;
  return {
    ...{ width, height, columns, rows },
    interval: toSeconds(interval),
    sheets: sheets.map((sheet) => ({
      uri: sheetUri(owner, sheet.number, sheet.tiles.length),
      tiles: sheet.tiles.map(({ pts, date }) => ({ time: toSeconds(pts), date: toIsoDate(date) })),
    })),
  };
}

/**
 * The list as a WebVTT storyboard (WebVTT §4.1, Media Fragments URI 1.0 §4.2.2): one cue a tile, its payload the
 * sheet's path with the tile's place on it. Cue times are the stream's PTS, and a note says which date the first
 * one has. A tile holds until the next, but no longer than two intervals: what is not there is not shown. Undefined
 * where no thumbnails are made.
 */
export function renderStoryboard(state: ThumbnailState, owner: ThumbnailOwner): string | undefined {
  const { layout, sheets } = state;
  if (layout === undefined) return undefined;
  const { width, height, columns, interval } = layout;
  const places = sheets.flatMap(({ number, tiles }) =>
    tiles.map(({ pts }, index) => ({ pts, index, uri: sheetUri(owner, number, tiles.length) })),
  );
  const cues = places.map(({ pts, index, uri }, at) => {
    const end = Math.min(places[at + 1]?.pts ?? pts + interval, pts + 2 * interval);
    const x = (index % columns) * width;
    const y = Math.floor(index / columns) * height;
    return `\n${cueTime(pts)} --> ${cueTime(end)}\n${uri}#xywh=${x},${y},${width},${height}\n`;
  });
  const first = sheets[0]?.tiles[0];
  const anchor =
    first === undefined ? '' : `; ${cueTime(first.pts)} is ${toIsoDate(first.date)}, and dates follow PTS`;
  return `WEBVTT\n\nNOTE Cue times are the PTS of the stream${anchor}\n${cues.join('')}`;
}

function sheetUri({ name, epoch, prefix = '' }: ThumbnailOwner, sheet: number, tiles: number): string {
  return `${prefix}/video/${thumbnailFolder(name, epoch)}/${sheetFile(sheet, tiles)}`;
}

/** A WebVTT timestamp: hours, minutes, seconds, milliseconds. */
function cueTime(pts: Microseconds): string {
  const milliseconds = Math.round(toMilliseconds(pts));
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const rest = String(milliseconds % 1000).padStart(3, '0');
  const seconds = millisecondsToSeconds(milliseconds);
  return `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}.${rest}`;
}
