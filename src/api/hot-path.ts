import type { IncomingMessage, ServerResponse } from 'node:http';
import { HlsStreamError } from '../errors.ts';
import type { Exchange, HotAnswers } from './hot-answers.ts';
import type { MediaFiles } from './media.ts';
import type { RequestKind } from './metrics.ts';
import type { Playlists } from './playlists.ts';

/** The routes answered here, as OpenAPI writes them. */
export const hotRoutes = [
  '/video/{name}.m3u8',
  '/video/{name}/{epoch}/main/media.m3u8',
  '/video/{name}/{epoch}/main/init-{run}.mp4',
  '/video/{name}/{epoch}/main/{msn}.m4s',
  '/video/{name}/{epoch}/main/{msn}.{part}.m4s',
] as const;

// Nothing is decoded and nothing else is let through: no text from outside becomes a path in storage.
const MULTIVARIANT = /^\/video\/([A-Za-z0-9_-]{1,64})\.m3u8$/;
const BELOW_EPOCH =
  /^\/video\/([A-Za-z0-9_-]{1,64})\/([A-Za-z0-9_-]{1,64})\/main\/(?:(media\.m3u8)|init-([A-Za-z0-9_-]{1,64})\.mp4|(0|[1-9]\d{0,14})(?:\.(0|[1-9]\d{0,5}))?\.m4s)$/;

const NO_QUERY = new URLSearchParams();

/** What {@link hotPath} needs. */
export interface HotPathOptions {
  readonly playlists: Playlists;
  readonly media: MediaFiles;
  readonly answers: HotAnswers;
}

/**
 * Answers everything below `/video/` without Koa, which would cost half of the requests a core can serve.
 * Says whether it took the request.
 */
export function hotPath(options: HotPathOptions) {
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const url = request.url ?? '';
    if (!url.startsWith('/video/')) return false;
    const mark = url.indexOf('?');
    const path = mark === -1 ? url : url.slice(0, mark);
    const query = mark === -1 ? NO_QUERY : new URLSearchParams(url.slice(mark + 1));
    const exchange = { request, response, kind: kindOf(path) };
    try {
      route(options, exchange, path, query);
    } catch (error) {
      options.answers.error(exchange, error);
    }
    return true;
  };
}

function route(
  { playlists, media, answers }: HotPathOptions,
  exchange: Exchange,
  path: string,
  query: URLSearchParams,
): void {
  const { method = '' } = exchange.request;
  const variant = MULTIVARIANT.exec(path);
  const below = variant === null ? BELOW_EPOCH.exec(path) : null;
  if (variant === null && below === null) throw new HlsStreamError('NOT_FOUND', 'there is nothing here');
  if (method === 'OPTIONS') {
    answers.preflight(exchange);
    return;
  }
  if (method !== 'GET' && method !== 'HEAD') {
    throw new HlsStreamError('METHOD_NOT_ALLOWED', `${method} does nothing here; use GET or HEAD`);
  }
  if (variant !== null) {
    playlists.multivariant(exchange, variant[1] ?? '');
    return;
  }
  const [, name = '', epoch = '', playlist, run, msn, part] = below ?? [];
  if (playlist !== undefined) playlists.media(exchange, name, epoch, query);
  else if (run !== undefined) media.init(exchange, name, epoch, run);
  else if (part !== undefined) media.part(exchange, name, epoch, Number(msn), Number(part));
  else media.segment(exchange, name, epoch, Number(msn));
}

function kindOf(path: string): RequestKind {
  if (path.endsWith('/media.m3u8')) return 'playlist';
  if (path.endsWith('.m3u8')) return 'multivariant';
  if (path.endsWith('.mp4')) return 'init';
  return /\.\d+\.m4s$/.test(path) ? 'part' : 'segment';
}
