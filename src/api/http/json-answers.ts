import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Context, Middleware, Next } from 'koa';
import { acceptsGzip } from './accepts-gzip.ts';
import { entityTag, gzipTag } from './entity-tag.ts';
import { errorBody } from './http-error.ts';
import { evaluate, preconditionFailed } from './preconditions.ts';

/** Shorter answers are not worth compressing, in bytes. */
const WORTH_GZIP = 1024;

const compress = promisify(gzip);

/** Writes plain objects as JSON, with an entity tag and gzip; answers 304 and 412 as a request's conditions have it. */
export function jsonAnswers(): Middleware {
  return async (ctx: Context, next: Next) => {
    await next();
    const body: unknown = ctx.body;
    const isRead = ctx.status === 200 && (ctx.method === 'GET' || ctx.method === 'HEAD');
    if (ctx.respond === false) return;
    if (!isPlain(body)) {
      // Static files carry Last-Modified; what has an entity tag was looked at before.
      if (body == null || !isRead || ctx.res.hasHeader('ETag')) return;
      const modified: string | undefined = ctx.response.get('Last-Modified');
      const verdict = evaluate(ctx.method, ctx.headers, { tags: [], modified });
      if (verdict === 'not-modified') ctx.status = 304;
      else if (verdict === 'failed') await write(ctx, refuse(ctx), 412);
      return;
    }
    const { status } = ctx;
    if (!isRead) return write(ctx, Buffer.from(JSON.stringify(body)), status);
    const bytes = Buffer.from(JSON.stringify(body));
    const tag = entityTag(bytes);
    const verdict = evaluate(ctx.method, ctx.headers, { tags: [tag, gzipTag(tag)] });
    if (verdict === 'failed') return write(ctx, refuse(ctx), 412);
    ctx.set('ETag', isZipped(ctx, bytes) ? gzipTag(tag) : tag);
    if (!ctx.res.hasHeader('Cache-Control')) ctx.set('Cache-Control', 'no-cache');
    if (verdict === 'met') return write(ctx, bytes, status);
    ctx.type = JSON_TYPE;
    ctx.vary('Accept-Encoding');
    ctx.status = 304;
  };
}

const JSON_TYPE = 'application/json; charset=utf-8';

function isZipped(ctx: Context, bytes: Buffer): boolean {
  return bytes.length >= WORTH_GZIP && acceptsGzip(ctx.get('Accept-Encoding'));
}

async function write(ctx: Context, bytes: Buffer, status: number): Promise<void> {
  ctx.type = JSON_TYPE;
  ctx.vary('Accept-Encoding');
  const zipped = isZipped(ctx, bytes);
  if (zipped) ctx.set('Content-Encoding', 'gzip');
  ctx.body = zipped ? await compress(bytes) : bytes;
  ctx.status = status;
}

/** A condition of the request does not hold: what was to be sent is not. */
function refuse(ctx: Context): Buffer {
  for (const name of ['Content-Disposition', 'Last-Modified', 'Accept-Ranges']) ctx.remove(name);
  ctx.set('Cache-Control', 'no-store');
  return Buffer.from(JSON.stringify(errorBody(preconditionFailed())));
}

function isPlain(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false;
  return Object.getPrototypeOf(body) === Object.prototype || Array.isArray(body);
}
