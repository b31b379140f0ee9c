import type { Context } from 'koa';
import { acceptsGzip } from './accepts-gzip.ts';
import { evaluate, preconditionFailed } from './preconditions.ts';
import type { PreparedText } from './prepared-text.ts';

/** Answers a Koa request with a text that is shared by all who get it; 304 or 412 as its conditions have it. */
export async function answerPrepared(
  ctx: Context,
  text: PreparedText,
  type: string,
  cacheControl: string,
): Promise<void> {
  const zipped = acceptsGzip(ctx.get('Accept-Encoding'));
  ctx.type = type;
  ctx.vary('Accept-Encoding');
  ctx.set('Cache-Control', cacheControl);
  ctx.set('ETag', zipped ? text.gzippedTag : text.tag);
  const verdict = evaluate(ctx.method, ctx.headers, text);
  if (verdict === 'failed') throw preconditionFailed();
  if (verdict === 'not-modified') {
    ctx.status = 304;
    return;
  }
  if (zipped) ctx.set('Content-Encoding', 'gzip');
  ctx.body = zipped ? await text.gzipped() : text.bytes;
}
