import { LRUCache } from 'lru-cache';
import { HlsStreamError } from '../../errors.ts';
import type { Exchange } from '../http/exchange.ts';
import type { MediaResponses } from '../http/media-responses.ts';
import { type HotRoute, hotRoute } from './hot-route.ts';
import type { MediaFiles } from './media.ts';
import type { Playlists } from './playlists.ts';
import type { Variants } from './variants.ts';

/** The routes answered here, as OpenAPI writes them. */
export const hotRoutes = [
  '/video/{name}.m3u8',
  '/video/{name}/{epoch}/main/media.m3u8',
  '/video/{name}/{epoch}/main/iframes.m3u8',
  '/video/{name}/{epoch}/main/init-{run}.mp4',
  '/video/{name}/{epoch}/main/{msn}.m4s',
  '/video/{name}/{epoch}/main/{msn}.{part}.m4s',
  '/video/{name}/{epoch}/thumbs-{sheet}-{tiles}.jpg',
] as const;

/** URLs kept in mind: at the live edge all viewers ask for the same few. */
const KNOWN_URLS = 500;
/** Longer ones are not kept, in characters. */
const LONG_URL = 300;

/** What {@link hotPath} needs. */
export interface HotPathOptions {
  readonly variants: Variants;
  readonly playlists: Playlists;
  readonly media: MediaFiles;
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
  const { variants, playlists, media, responses } = options;
  const { method } = exchange;
  if (route.to === 'nothing') throw new HlsStreamError('NOT_FOUND', 'there is nothing here');
  if (method === 'OPTIONS') {
    responses.preflight(exchange);
    return;
  }
  if (method !== 'GET' && method !== 'HEAD') {
    throw new HlsStreamError('METHOD_NOT_ALLOWED', `${method} does nothing here; use GET or HEAD`);
  }
  const { name, epoch } = route;
  if (route.to === 'multivariant') variants.multivariant(exchange, name);
  else if (route.to === 'key-frames') variants.keyFrames(exchange, name, epoch);
  else if (route.to === 'media') playlists.media(exchange, name, epoch, route.directives);
  else if (route.to === 'init') media.init(exchange, name, epoch, route.run);
  else if (route.to === 'part') media.part(exchange, name, epoch, route.msn, route.part);
  else if (route.to === 'thumbnails') media.thumbnails(exchange, name, epoch, route.sheet, route.tiles);
  else media.segment(exchange, name, epoch, route.msn);
}
