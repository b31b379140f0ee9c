import type { Context } from 'koa';
import { HlsStreamError } from '../../errors.ts';
import type { LiveState } from '../live/live-state.ts';
import type { LiveStream } from '../live/live-stream.ts';

/** The stream a request is about. Throws NOT_FOUND if there is none of that name. */
export type StreamOf = (ctx: Context & { params: Record<string, string> }) => LiveStream;

/** Finds the stream by the `name` in the route, or the default one. */
export function streamOf(live: LiveState): StreamOf {
  return (ctx) => {
    const { name } = ctx.params;
    const stream = name === undefined ? live.defaultStream : live.stream(name);
    if (stream !== undefined) return stream;
    throw new HlsStreamError('NOT_FOUND', 'there is no stream of that name');
  };
}
