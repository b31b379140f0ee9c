import type Router from '@koa/router';
import type { Context } from 'koa';
import { toSeconds } from '../../clock.ts';
import { HlsStreamError } from '../../errors.ts';
import { sendText } from '../http/koa-responses.ts';
import { component, type Operation, problem } from '../http/operation.ts';
import type { PublicPath } from '../http/public-path.ts';
import type { TextResponse } from '../http/text-response.ts';
import type { LiveStream } from '../live/live-stream.ts';
import type { LiveThumbnails } from '../live/live-thumbnails.ts';
import type { StreamOf } from './stream-of.ts';

/** Adds the lists of a stream's thumbnails: JSON for scripts, WebVTT for players. The sheets are media. */
export function thumbnailRoutes(router: Router, streamOf: StreamOf, publicPath: PublicPath): void {
  router.get('/streams/:name/thumbnails.json', (ctx) => {
    const stream = streamOf(ctx);
    return answer(ctx, stream, 'application/json; charset=utf-8', (thumbnails) =>
      thumbnails.json(publicPath.of(ctx)),
    );
  });

  router.get('/streams/:name/thumbnails.vtt', (ctx) => {
    const stream = streamOf(ctx);
    return answer(ctx, stream, 'text/vtt; charset=utf-8', (thumbnails) =>
      thumbnails.storyboard(publicPath.of(ctx)),
    );
  });
}

function answer(
  ctx: Context,
  { name, media }: LiveStream,
  type: string,
  read: (thumbnails: LiveThumbnails) => TextResponse | undefined,
): Promise<void> {
  if (media === undefined) {
    throw new HlsStreamError('NOT_READY', `stream ${name} has not started; try again in a moment`);
  }
  const text = read(media.thumbnails);
  if (text === undefined) throw new HlsStreamError('NOT_FOUND', `no thumbnails are made of stream ${name}`);
  const interval = toSeconds(media.thumbnails.state.layout?.interval ?? 0);
  return sendText(ctx, text, type, `max-age=${Math.max(1, Math.floor(interval))}`);
}

/** What {@link thumbnailRoutes} adds, as OpenAPI describes it. */
export const thumbnailOperations: readonly Operation[] = [
  {
    path: '/streams/{name}/thumbnails.json',
    method: 'get',
    summary: 'Thumbnails: sheets of tiles, ascending by time. A sheet that fills up changes its path',
    answers: { 200: component('thumbnailList'), 404: problem, 503: problem },
  },
  {
    path: '/streams/{name}/thumbnails.vtt',
    method: 'get',
    summary: 'The same as a WebVTT storyboard; cue times are stream PTS',
    answers: { 200: 'text/vtt', 404: problem, 503: problem },
  },
];
