import type Router from '@koa/router';
import { HlsStreamError } from '../../errors.ts';
import { readerOf } from '../access/reader.ts';
import { mayWrite, type WriteAccess } from '../access/write-access.ts';
import { component, type Operation, problem } from '../http/operation.ts';
import type { PublicPath } from '../http/public-path.ts';
import type { LiveState } from '../live/live-state.ts';
import { streamJson } from './stream-json.ts';
import type { StreamOf } from './stream-of.ts';

/** What {@link streamRoutes} needs. */
export interface StreamRoutesOptions {
  readonly live: LiveState;
  readonly streamOf: StreamOf;
  readonly access: WriteAccess;
  /** Length of the longest clip, in seconds. */
  readonly clipLimit: number;
  readonly publicPath: PublicPath;
}

/** Adds `/streams` and `/streams/:name`. */
export function streamRoutes(
  router: Router,
  { live, streamOf, access, clipLimit, publicPath }: StreamRoutesOptions,
): void {
  router.get('/streams', (ctx) => {
    // Whether one may mark depends on who asks: no shared cache may hand it to others.
    ctx.set('Cache-Control', 'private, no-cache');
    const prefix = publicPath.of(ctx);
    const { by, streams: only } = readerOf(ctx.req);
    const mayRead = ({ name }: { readonly name: string }) => only === undefined || only.has(name);
    const streams = live.streams.filter(mayRead);
    const starting = live.starting.filter(mayRead);
    const { name } = mayRead(live.defaultStream) ? live.defaultStream : (streams[0] ?? live.defaultStream);
    ctx.body = {
      default: name,
      mayMark: mayWrite(ctx.req, access),
      ...(by === 'session' && { session: true }),
      ...(live.storeUp ? {} : { store: 'down' }),
      streams: streams.map((stream) => streamJson(stream, clipLimit, prefix)),
      ...(starting.length > 0 && { starting }),
    };
  });

  router.get('/streams/:name', (ctx) => {
    const stream = streamOf(ctx);
    const json = streamJson(stream, clipLimit, publicPath.of(ctx));
    if (json === undefined) {
      const [problem] = stream.problems;
      const reason = problem === undefined ? '; try again in a moment' : `: ${problem.message}`;
      throw new HlsStreamError('NOT_READY', `stream ${stream.name} has not started${reason}`);
    }
    ctx.body = json;
  });
}

/** What {@link streamRoutes} adds, as OpenAPI describes it. */
export const streamOperations: readonly Operation[] = [
  {
    path: '/streams',
    method: 'get',
    summary: 'All streams in the store; those that vanished or ended until their window has passed',
    answers: { 200: component('streamList') },
  },
  {
    path: '/streams/{name}',
    method: 'get',
    summary: 'One stream',
    answers: { 200: component('stream'), 404: problem, 503: problem },
  },
];
