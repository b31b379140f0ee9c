import type Router from '@koa/router';
import type { Context } from 'koa';
import { HlsStreamError } from '../../errors.ts';
import type { AddressLimits } from '../access/address-limits.ts';
import { personal, readerOf } from '../access/reader.ts';
import { acceptsGzip } from '../http/negotiation.ts';
import { type Operation, problem } from '../http/operation.ts';
import { checkPreconditions } from '../http/preconditions.ts';
import type { PublicPath } from '../http/public-path.ts';
import type { EventClients } from './event-clients.ts';
import { single } from './marker-parameters.ts';
import type { StreamOf } from './stream-of.ts';

/** What {@link eventRoutes} needs. */
export interface EventRoutesOptions {
  readonly streamOf: StreamOf;
  readonly clients: EventClients;
  readonly limits: AddressLimits;
  readonly publicPath: PublicPath;
}

/** Adds `markers/events` below `prefix`: '' for the default stream, or one with `:name`. */
export function eventRoutes(
  router: Router,
  prefix: string,
  { streamOf, clients, limits, publicPath }: EventRoutesOptions,
): void {
  router.get(`${prefix}/markers/events`, (ctx) => {
    const stream = streamOf(ctx);
    const asked = single(new URLSearchParams(ctx.querystring), 'cursor');
    if (asked !== undefined && !/^[\x21-\x7e]{1,128}$/.test(asked)) {
      throw new HlsStreamError('BAD_PARAMETER', 'cursor: is not a cursor of an earlier answer');
    }
    // A browser that reconnects sends the URL it was given, and knows better by now.
    const cursor = ctx.get('Last-Event-ID') || asked;
    const expires = openEvents(ctx, limits);
    if (expires !== undefined)
      void clients.add(stream, ctx.res, { cursor, prefix: publicPath.of(ctx), expires });
  });
}

/**
 * Sends the head of server-sent events.
 * @param large whether what is sent is worth gzip, for clients that accept it
 * @returns when who asks may read no more, in milliseconds since the Unix epoch; undefined where only the head was wanted
 */
export function openEvents(ctx: Context, limits: AddressLimits, large = false): number | undefined {
  checkPreconditions(ctx, () => []);
  const { headers, socket } = ctx.req;
  ctx.res.once('close', limits.opens('event streams', { headers, remoteAddress: socket.remoteAddress }));
  ctx.set('Content-Type', 'text/event-stream');
  const { by, expires } = readerOf(ctx.req);
  const caching = 'no-store, no-transform';
  ctx.set('Cache-Control', by === 'public' ? caching : personal(caching));
  if (large) {
    ctx.vary('Accept-Encoding');
    if (acceptsGzip(ctx.get('Accept-Encoding'))) ctx.set('Content-Encoding', 'gzip');
  }
  // nginx would hold events back.
  ctx.set('X-Accel-Buffering', 'no');
  // It ends with its connection: as chunks each event would be four writes to each client and not one, a quarter dearer.
  if (ctx.req.httpVersionMajor === 1) {
    ctx.set('Connection', 'close');
    ctx.remove('Transfer-Encoding');
  }
  ctx.status = 200;
  ctx.respond = false;
  ctx.flushHeaders();
  if (ctx.method !== 'HEAD') return expires;
  ctx.res.end();
  return undefined;
}

/** What {@link eventRoutes} adds, as OpenAPI describes it. */
export function eventOperations(prefix: string): readonly Operation[] {
  // There is always a default stream; one that is named may be missing.
  const missing = prefix === '' ? {} : { 404: problem };
  return [
    {
      path: `${prefix}/markers/events`,
      method: 'get',
      summary:
        'Server-sent events: markers (changes, the id is the cursor), reset (the place to go on from is not known any more: fetch all markers, and go on from the cursor of the first page), stream',
      query: { cursor: 'Go on after this cursor; Last-Event-ID goes before it. With neither: from now on.' },
      answers: { 200: 'text/event-stream', ...missing },
    },
  ];
}
