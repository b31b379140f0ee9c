import type { Context, Middleware, Next } from 'koa';
import { type ErrorCode, HlsStreamError } from '../../errors.ts';
import { errorBody, errorHeaders, isForLog, statusOfError } from './http-error.ts';

/**
 * Gives every error the same shape, whoever raised it. Only what should not happen is told to `failed`;
 * a client that went away is no error.
 */
export function failures(failed: (error: unknown) => void): Middleware {
  return async (ctx: Context, next: Next) => {
    try {
      await next();
    } catch (thrown) {
      if (ctx.req.destroyed && !ctx.req.complete) return;
      const error = known(thrown);
      if (isForLog(error)) failed(thrown);
      answer(ctx, error);
      return;
    }
    if (ctx.status >= 400 && ctx.body == null && ctx.respond !== false) answer(ctx, unanswered(ctx));
  };
}

function answer(ctx: Context, error: HlsStreamError): void {
  ctx.status = statusOfError(error);
  ctx.set('Cache-Control', 'no-store');
  ctx.set(errorHeaders(error));
  // What is left of a body that is too large is not read to its end.
  if (error.code === 'BODY_TOO_LARGE' && ctx.req.httpVersionMajor === 1) ctx.set('Connection', 'close');
  ctx.body = errorBody(error);
}

/** Errors of Koa's own middleware carry a status. */
function known(thrown: unknown): HlsStreamError {
  if (thrown instanceof HlsStreamError) return thrown;
  const status = (thrown as { status?: unknown } | null)?.status;
  if (status === 400) return new HlsStreamError('BAD_REQUEST', 'the URL is malformed', { cause: thrown });
  // koa-static refuses to leave its folder with 403, which would say that there is something.
  if (status === 403 || status === 404) return nothingHere(thrown);
  return new HlsStreamError('INTERNAL', String(thrown), { cause: thrown });
}

function unanswered(ctx: Context): HlsStreamError {
  const code: ErrorCode = ctx.status === 405 || ctx.status === 501 ? 'METHOD_NOT_ALLOWED' : 'NOT_FOUND';
  if (code === 'NOT_FOUND') return nothingHere(undefined);
  return new HlsStreamError(code, `${ctx.method} does nothing here; use ${ctx.response.get('Allow')}`);
}

function nothingHere(cause: unknown): HlsStreamError {
  return new HlsStreamError('NOT_FOUND', 'there is nothing here', { cause });
}
