import { LRUCache } from 'lru-cache';
import { HlsStreamError } from '../../errors.ts';
import { checkReads } from '../access/reader.ts';
import type { Exchange } from '../http/exchange.ts';
import type { MediaResponses } from '../http/media-responses.ts';
import { component, type Operation, problem } from '../http/operation.ts';
import type { LiveState } from '../live/live-state.ts';
import { type HotRoute, hotRoute } from './hot-route.ts';
import type { MediaFiles } from './media.ts';
import type { ObjectFiles } from './object-files.ts';
import { PLAYLIST_TYPE } from './playlist-responses.ts';
import type { Playlists } from './playlists.ts';
import type { TimeShift } from './time-shift.ts';
import type { Variants } from './variants.ts';

const blocking = {
  _HLS_msn: 'Wait until this Media Segment, or part of it, is listed.',
  _HLS_part: 'Wait until this part of it is listed; needs _HLS_msn.',
  _HLS_skip: 'YES or v2: a Playlist Delta Update will do, where those are announced.',
};

/** What is answered here, as OpenAPI describes it. */
export const hotOperations: readonly Operation[] = [
  {
    path: '/video/{name}.m3u8',
    method: 'get',
    summary:
      'Multivariant Playlist; with start or end a Media Playlist of that time, complete (VOD), 24 h at most',
    query: {
      start: 'ISO 8601 date with zone, or seconds since 1970; moved up to where what is kept begins.',
      end: 'Likewise; by default now.',
    },
    answers: { 200: PLAYLIST_TYPE, 400: problem, 404: problem, 503: problem },
  },
  {
    path: '/video/{name}/{epoch}/main/media.m3u8',
    method: 'get',
    summary: 'Media Playlist; with directives a blocking reload',
    query: blocking,
    answers: { 200: PLAYLIST_TYPE, 400: problem, 404: problem, 503: problem },
  },
  {
    path: '/video/{name}/{epoch}/main/iframes.m3u8',
    method: 'get',
    summary: 'I-frame playlist: the key frame that begins each Media Segment, as a byte range of it',
    answers: { 200: PLAYLIST_TYPE, 404: problem, 503: problem },
  },
  {
    path: '/video/{name}/{epoch}/main/init-{run}.mp4',
    method: 'get',
    summary: 'Init segment, of all runs that are decoded alike',
    answers: { 200: 'video/mp4', 206: 'video/mp4', 404: problem, 416: undefined, 503: problem },
  },
  {
    path: '/video/{name}/{epoch}/main/{msn}.m4s',
    method: 'get',
    summary: 'Media Segment',
    answers: { 200: 'video/mp4', 206: 'video/mp4', 404: problem, 416: undefined, 503: problem },
  },
  {
    path: '/video/{name}/{epoch}/main/{msn}.{part}.m4s',
    method: 'get',
    summary: 'Partial Segment; one that is hinted is waited for',
    answers: { 200: 'video/mp4', 206: 'video/mp4', 404: problem, 416: undefined, 503: problem },
  },
  {
    path: '/video/{name}/{epoch}/{msn}.objects.json',
    method: 'get',
    summary: 'Objects of the frames of a Media Segment; there 2 s after the segment, and not changed then',
    answers: { 200: component('objectsFile'), 404: problem, 503: problem },
  },
  {
    path: '/video/{name}/{epoch}/thumbs-{sheet}-{tiles}.jpg',
    method: 'get',
    summary: 'Sheet of thumbnails, as it was with so many tiles',
    answers: { 200: 'image/jpeg', 206: 'image/jpeg', 404: problem, 416: undefined, 503: problem },
  },
];

/** URLs kept in mind: at the live edge all viewers ask for the same few. */
const KNOWN_URLS = 500;
/** Longer ones are not kept, in characters. */
const LONG_URL = 300;

/** What {@link hotPath} needs. */
export interface HotPathOptions {
  readonly live: LiveState;
  readonly variants: Variants;
  readonly playlists: Playlists;
  readonly timeShift: TimeShift;
  readonly media: MediaFiles;
  readonly objects: ObjectFiles;
  readonly responses: MediaResponses;
}

/**
 * Answers everything below `/video/` without Koa, which would cost half of the requests a core can serve.
 * Says whether it took the request.
 */
export function hotPath(options: HotPathOptions) {
  const known = new LRUCache<string, HotRoute>({ max: KNOWN_URLS });
  return (exchange: Exchange): boolean => {
    const { url } = exchange;
    if (!url.startsWith('/video/')) return false;
    try {
      let route = known.get(url);
      if (route === undefined) {
        route = hotRoute(url);
        if (url.length <= LONG_URL) known.set(url, route);
      }
      exchange.kind = route.kind;
      answer(options, exchange, route);
    } catch (error) {
      options.responses.error(exchange, error);
    }
    return true;
  };
}

function answer(options: HotPathOptions, exchange: Exchange, route: HotRoute): void {
  const { live, variants, playlists, timeShift, media, objects, responses } = options;
  const { method, reader } = exchange;
  if (reader.refusal !== undefined && method !== 'OPTIONS') throw reader.refusal;
  if (route.to === 'nothing') throw new HlsStreamError('NOT_FOUND', 'there is nothing here');
  if (method === 'OPTIONS') {
    responses.preflight(exchange);
    return;
  }
  if (method !== 'GET' && method !== 'HEAD') {
    throw new HlsStreamError('METHOD_NOT_ALLOWED', `${method} does nothing here; use GET or HEAD`);
  }
  const { name, epoch } = route;
  checkReads(reader, name);
  live.checkCaughtUp();
  if (route.to === 'multivariant') variants.multivariant(exchange, name);
  else if (route.to === 'time-shift') timeShift.playlist(exchange, name, route.asked);
  else if (route.to === 'key-frames') variants.keyFrames(exchange, name, epoch);
  else if (route.to === 'media') playlists.media(exchange, name, epoch, route.directives);
  else if (route.to === 'init') media.init(exchange, name, epoch, route.run);
  else if (route.to === 'part') media.part(exchange, name, epoch, route.msn, route.part);
  else if (route.to === 'objects') objects.file(exchange, name, epoch, route.msn);
  else if (route.to === 'thumbnails') media.thumbnails(exchange, name, epoch, route.sheet, route.tiles);
  else media.segment(exchange, name, epoch, route.msn);
}
