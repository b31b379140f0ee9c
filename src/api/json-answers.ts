import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Context, Middleware, Next } from 'koa';
import { acceptsGzip } from './accepts-gzip.ts';
import { entityTag, gzipTag, isKnown } from './entity-tag.ts';

/** Shorter answers are not worth compressing, in bytes. */
const WORTH_GZIP = 1024;

const compress = promisify(gzip);

/** Writes plain objects as JSON, with an entity tag and gzip; answers 304 to who has it already. */
export function jsonAnswers(): Middleware {
  return async (ctx: Context, next: Next) => {
    await next();
    const body: unknown = ctx.body;
    if (ctx.respond === false || !isPlain(body)) {
      // Static files carry Last-Modified.
      if (ctx.body != null && ctx.method !== 'POST' && ctx.fresh) ctx.status = 304;
      return;
    }
    const { status } = ctx;
    const bytes = Buffer.from(JSON.stringify(body));
    ctx.type = 'application/json; charset=utf-8';
    ctx.vary('Accept-Encoding');
    const zipped = bytes.length >= WORTH_GZIP && acceptsGzip(ctx.get('Accept-Encoding'));
    if (status === 200 && (ctx.method === 'GET' || ctx.method === 'HEAD')) {
      const tag = entityTag(bytes);
      ctx.set('ETag', zipped ? gzipTag(tag) : tag);
      if (ctx.response.get('Cache-Control') === '') ctx.set('Cache-Control', 'no-cache');
      if (isKnown(ctx.get('If-None-Match') || undefined, tag, gzipTag(tag))) {
        ctx.status = 304;
        return;
      }
    }
    if (zipped) ctx.set('Content-Encoding', 'gzip');
    ctx.body = zipped ? await compress(bytes) : bytes;
    ctx.status = status;
  };
}

function isPlain(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false;
  return Object.getPrototypeOf(body) === Object.prototype || Array.isArray(body);
}
