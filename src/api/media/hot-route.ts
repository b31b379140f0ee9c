import { type Directives, parseDirectives } from '../../hls/blocking-reload.ts';
import { KEY_FRAMES_FILE } from '../../hls/key-frame-playlist.ts';
import type { RequestKind } from '../metrics/metrics.ts';
import { readTimeShift, type TimeShiftQuery } from './time-shift.ts';

// Nothing is decoded and nothing else is let through: no text from outside becomes a path in storage.
const MULTIVARIANT = /^\/video\/([A-Za-z0-9_-]{1,64})\.m3u8$/;
const BELOW_EPOCH =
  /^\/video\/([A-Za-z0-9_-]{1,64})\/([A-Za-z0-9_-]{1,64})\/main\/(?:((?:media|iframes)\.m3u8)|init-([A-Za-z0-9_-]{1,64})\.mp4|(0|[1-9]\d{0,14})(?:\.(0|[1-9]\d{0,5}))?\.m4s)$/;
const THUMBNAILS =
  /^\/video\/([A-Za-z0-9_-]{1,64})\/([A-Za-z0-9_-]{1,64})\/thumbs-(0|[1-9]\d{0,14})-([1-9]\d{0,3})\.jpg$/;

const OBJECTS = /^\/video\/([A-Za-z0-9_-]{1,64})\/([A-Za-z0-9_-]{1,64})\/(0|[1-9]\d{0,14})\.objects\.json$/;

/** What a URL below `/video/` asks for. */
export type HotRoute = {
  readonly kind: RequestKind;
  readonly name: string;
  readonly epoch: string;
} & (
  | { readonly to: 'nothing' }
  | { readonly to: 'multivariant' }
  | {
      readonly to: 'time-shift';
      /** @throws HlsStreamError BAD_PARAMETER */
      readonly asked: () => TimeShiftQuery;
    }
  | { readonly to: 'key-frames' }
  | {
      readonly to: 'media';
      /** The Delivery Directives. @throws HlsStreamError BAD_PARAMETER */
      readonly directives: () => Directives;
    }
  | { readonly to: 'init'; readonly run: string }
  | { readonly to: 'segment'; readonly msn: number }
  | { readonly to: 'part'; readonly msn: number; readonly part: number }
  | { readonly to: 'objects'; readonly msn: number }
  | { readonly to: 'thumbnails'; readonly sheet: number; readonly tiles: number }
);

/** Reads a URL that begins with `/video/`. */
export function hotRoute(url: string): HotRoute {
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  const variant = MULTIVARIANT.exec(path);
  if (variant !== null) return named(variant[1] ?? '', mark === -1 ? '' : url.slice(mark + 1));
  const below = BELOW_EPOCH.exec(path);
  if (below === null) return aside(path);
  const [, name = '', epoch = '', playlist, run, msn, part] = below;
  if (playlist === KEY_FRAMES_FILE) return { to: 'key-frames', kind: 'playlist', name, epoch };
  if (playlist !== undefined) {
    const query = mark === -1 ? '' : url.slice(mark + 1);
    return { to: 'media', kind: 'playlist', name, epoch, directives: once(query) };
  }
  if (run !== undefined) return { to: 'init', kind: 'init', name, epoch, run };
  if (part === undefined) return { to: 'segment', kind: 'segment', name, epoch, msn: Number(msn) };
  return { to: 'part', kind: 'part', name, epoch, msn: Number(msn), part: Number(part) };
}

/** The Multivariant Playlist, or that of another time. */
function named(name: string, query: string): HotRoute {
  const place = { name, epoch: '' };
  const asked = new URLSearchParams(query);
  if (!asked.has('start') && !asked.has('end')) return { to: 'multivariant', kind: 'multivariant', ...place };
  return { to: 'time-shift', kind: 'playlist', ...place, asked: () => readTimeShift(asked) };
}

/** What lies beside the media, or nothing. */
function aside(path: string): HotRoute {
  const objects = OBJECTS.exec(path);
  if (objects !== null) {
    const [, name = '', epoch = '', msn] = objects;
    return { to: 'objects', kind: 'objects', name, epoch, msn: Number(msn) };
  }
  const thumbnails = THUMBNAILS.exec(path);
  if (thumbnails === null) return { to: 'nothing', kind: kindOf(path), name: '', epoch: '' };
  const [, name = '', epoch = '', sheet, tiles] = thumbnails;
  return { to: 'thumbnails', kind: 'thumbnails', name, epoch, sheet: Number(sheet), tiles: Number(tiles) };
}

function once(query: string): () => Directives {
  let directives: Directives | undefined;
  return () => {
    directives ??= parseDirectives(new URLSearchParams(query));
    return directives;
  };
}

/** What it looks like, though it is none. */
function kindOf(path: string): RequestKind {
  if (path.endsWith('.m3u8')) return /\/(?:media|iframes)\.m3u8$/.test(path) ? 'playlist' : 'multivariant';
  if (path.endsWith('.mp4')) return 'init';
  if (path.endsWith('.jpg')) return 'thumbnails';
  if (path.endsWith('.json')) return 'objects';
  return /\.\d+\.m4s$/.test(path) ? 'part' : 'segment';
}
