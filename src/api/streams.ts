import type Router from '@koa/router';
import { HlsStreamError } from '../errors.ts';
import type { LiveState } from './live-state.ts';
import { streamJson } from './stream-json.ts';
import type { StreamOf } from './stream-of.ts';

/** Adds `/streams` and `/streams/:name`. */
export function streamRoutes(router: Router, live: LiveState, streamOf: StreamOf): void {
  router.get('/streams', (ctx) => {
    ctx.body = { default: live.defaultStream.name, streams: live.streams.map(streamJson) };
  });

  router.get('/streams/:name', (ctx) => {
    const stream = streamOf(ctx);
    const json = streamJson(stream);
    if (json === undefined) {
      throw new HlsStreamError('NOT_READY', `stream ${stream.name} has not started; try again in a moment`);
    }
    ctx.body = json;
  });
}
