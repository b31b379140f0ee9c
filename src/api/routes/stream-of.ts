import type { Context } from 'koa';
import { HlsStreamError } from '../../errors.ts';
import { checkReads, readerOf } from '../access/reader.ts';
import type { LiveState } from '../live/live-state.ts';
import type { LiveStream } from '../live/live-stream.ts';

/**
 * The stream a request is about. Throws NOT_FOUND if there is none of that name, FORBIDDEN if it may not be read,
 * NOT_READY before it is known.
 */
export type StreamOf = (ctx: Context & { params: Record<string, string> }) => LiveStream;

/** Finds the stream by the `name` in the route, or the default one. */
export function streamOf(live: LiveState): StreamOf {
  return (ctx) => {
    const { name } = ctx.params;
    const stream = name === undefined ? live.defaultStream : live.stream(name);
    checkReads(readerOf(ctx.req), stream?.name ?? name ?? '');
    live.checkCaughtUp();
    if (stream !== undefined) return stream;
    throw new HlsStreamError('NOT_FOUND', 'there is no stream of that name');
  };
}
