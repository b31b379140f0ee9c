import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Context, Middleware, Next } from 'koa';
import { entityTag, gzipTag } from './entity-tag.ts';
import { errorBody } from './http-error.ts';
import { acceptsGzip, type Content, negotiate } from './negotiation.ts';
import { evaluate, preconditionFailed } from './preconditions.ts';
import type { TextResponse } from './text-response.ts';

/** Shorter answers are not worth compressing, in bytes. */
const WORTH_GZIP = 1024;

const JSON_TYPE = 'application/json; charset=utf-8';

const compress = promisify(gzip);

/**
 * Answers a Koa request with a text that is shared by all who get it; 304 as its conditions have it.
 * @throws HlsStreamError PRECONDITION_FAILED
 */
export async function sendText(
  ctx: Context,
  text: TextResponse,
  type: string,
  cacheControl: string,
): Promise<void> {
  if (!(await send(ctx, text.as(type, cacheControl)))) throw preconditionFailed();
}

/** Writes plain objects as JSON, with an entity tag and gzip; answers 304 and 412 as a request's conditions have it. */
export function jsonResponses(): Middleware {
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
      else if (verdict === 'failed') await refuse(ctx);
      return;
    }
    const bytes = Buffer.from(JSON.stringify(body));
    if (!isRead) return write(ctx, bytes, ctx.status);
    const tag = entityTag(bytes);
    ctx.vary('Accept-Encoding');
    const content: Content = {
      type: JSON_TYPE,
      cacheControl: ctx.response.get('Cache-Control') || 'no-cache',
      bytes,
      tag,
      gzip: bytes.length < WORTH_GZIP ? undefined : { tag: gzipTag(tag), bytes: () => compress(bytes) },
    };
    if (!(await send(ctx, content))) await refuse(ctx);
  };
}

/** False, and nothing done, where a condition of the request does not hold. */
async function send(ctx: Context, content: Content): Promise<boolean> {
  const negotiated = negotiate(ctx, content);
  if (negotiated === undefined) return false;
  const body = await negotiated.body;
  if (body !== undefined) ctx.body = body;
  ctx.status = negotiated.status;
  for (const [name, value] of Object.entries(negotiated.headers)) {
    if (name === 'Vary') ctx.vary(String(value));
    else ctx.set(name, String(value));
  }
  return true;
}

/** Writes JSON that no condition is about: an error, or what came of a change. */
async function write(ctx: Context, bytes: Buffer, status: number): Promise<void> {
  ctx.type = JSON_TYPE;
  ctx.vary('Accept-Encoding');
  const zipped = bytes.length >= WORTH_GZIP && acceptsGzip(ctx.get('Accept-Encoding'));
  if (zipped) ctx.set('Content-Encoding', 'gzip');
  ctx.body = zipped ? await compress(bytes) : bytes;
  ctx.status = status;
}

/** A condition of the request does not hold: what was to be sent is not. */
async function refuse(ctx: Context): Promise<void> {
  for (const name of ['Content-Disposition', 'Last-Modified', 'Accept-Ranges']) ctx.remove(name);
  ctx.set('Cache-Control', 'no-store');
  await write(ctx, Buffer.from(JSON.stringify(errorBody(preconditionFailed()))), 412);
}

function isPlain(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false;
  return Object.getPrototypeOf(body) === Object.prototype || Array.isArray(body);
}
