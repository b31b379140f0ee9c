import type { TLSSocket } from 'node:tls';
import type Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import type { z } from 'zod';
import { secondsToMilliseconds } from '../../clock.ts';
import { HlsStreamError } from '../../errors.ts';
import type { AddressLimits, From } from '../access/address-limits.ts';
import type { OwnHosts } from '../access/own-hosts.ts';
import { reachedBy } from '../access/reached.ts';
import type { ReadAccess } from '../access/read-access.ts';
import { checkReads, checkReadsAll, personal, type Reader, readerOf } from '../access/reader.ts';
import { errorHeaders, statusOfError } from '../http/http-error.ts';
import { component, type Operation, problem } from '../http/operation.ts';
import type { PublicPath } from '../http/public-path.ts';
import { readJson } from '../http/request-body.ts';
import { signing, signingIn } from '../http/schemas.ts';
import type { LiveState } from '../live/live-state.ts';

/** What {@link accessRoutes} needs. */
export interface AccessRoutesOptions {
  readonly live: LiveState;
  readonly access: ReadAccess;
  readonly limits: AddressLimits;
  readonly ownHosts: OwnHosts | undefined;
  readonly publicPath: PublicPath;
}

/** The longest body, in bytes: whoever is not known yet has no more to say, and longer ones cost time to read. */
const BODY_LIMIT = 8192;

/** The page to sign in is this file in the folder of the viewer's files. */
const PAGE = '/sign-in.html';

/** Answers to who is not just anybody are for them alone; to the hot path's the same happens where they are written. */
export const personalAnswers: Middleware = async (ctx, next) => {
  await next();
  if (readerOf(ctx.req).by === 'public' || ctx.headerSent) return;
  ctx.set('Cache-Control', personal(ctx.response.get('Cache-Control')));
};

/** Lets nobody by who may read nothing: a browser that comes for a page gets the one to sign in, all others the reason. */
export const gate: Middleware = async (ctx, next) => {
  const { refusal } = readerOf(ctx.req);
  if (refusal === undefined || ctx.method === 'OPTIONS') return next();
  const isPage = /^\/(?:embed)?$/.test(ctx.path) && ctx.accepts('json', 'html') === 'html';
  if (!isPage) throw refusal;
  await showSignIn(ctx, next);
  if (ctx.body == null) throw refusal;
  ctx.status = statusOfError(refusal);
  ctx.set(errorHeaders(refusal));
};

/** Adds what belongs to a private system: signing in and out, signing paths, and the question that an edge asks. */
export function accessRoutes(
  router: Router,
  { live, access, limits, ownHosts, publicPath }: AccessRoutesOptions,
): void {
  /** What one may ask so often only, and under our own names. */
  const bodyOf = (ctx: Context): Promise<unknown> => {
    ownHosts?.check(ctx.host);
    limits.writes(fromOf(ctx));
    return readJson(ctx.req, BODY_LIMIT);
  };

  router.get('/sign-in', showSignIn);

  router.post('/sign-in', async (ctx) => {
    const { token } = parse(signingIn, await bodyOf(ctx));
    const found = access.grantOf(token, fromOf(ctx));
    if (found === undefined)
      throw new HlsStreamError('UNAUTHORIZED', 'this is not a token that opens this system');
    const { name, value, seconds } = access.beginSession(found.streams);
    ctx.set('Set-Cookie', cookie(ctx, publicPath, `${name}=${value}`, seconds));
    ctx.status = 204;
  });

  router.post('/sign-out', async (ctx) => {
    await bodyOf(ctx);
    ctx.set(
      'Set-Cookie',
      access.cookieNames.map((name) => cookie(ctx, publicPath, `${name}=`, 0)),
    );
    ctx.status = 204;
  });

  router.post('/sign', async (ctx) => {
    const body = await bodyOf(ctx);
    const reader = readerOf(ctx.req);
    if (reader.by === 'path')
      throw new HlsStreamError('FORBIDDEN', 'who has come by a signed path cannot sign another; use a token');
    const { path, for: seconds } = parse(signing, body);
    const streams = openedBy(path, reader);
    for (const name of streams ?? []) checkReads(reader, name);
    const made = access.signPath(path, seconds, streams);
    ctx.body = {
      path: publicPath.of(ctx) + made.path,
      expires: new Date(secondsToMilliseconds(made.expires)).toISOString(),
    };
  });

  router.get('/access', (ctx) => {
    const target = publicPath.below(ctx.get('X-Original-URI'));
    if (!target.startsWith('/'))
      throw new HlsStreamError('BAD_PARAMETER', 'X-Original-URI: is not the path that is asked for');
    const { url, reader } = access.admit(target, fromOf(ctx));
    if (reader.refusal !== undefined) throw reader.refusal;
    checkReached(reader, url, live.defaultStream.name);
    ctx.status = 204;
  });
}

/** @throws HlsStreamError FORBIDDEN where a reader of some streams may not read what a path leads to */
function checkReached(reader: Reader, url: string, defaultName: string): void {
  const reached = reachedBy(url);
  if (typeof reached === 'object') checkReads(reader, reached.stream);
  else if (reached === 'default stream') checkReads(reader, defaultName);
  else if (reached !== 'page') checkReadsAll(reader);
}

function fromOf({ req }: Context): From {
  return { headers: req.headers, remoteAddress: req.socket.remoteAddress };
}

/**
 * What a signature for a path opens: the stream that the path is about, or all that who asks may read; undefined means all.
 * @throws HlsStreamError BAD_PARAMETER for a path that leads nowhere: who signs it means another, which opens less
 */
function openedBy(path: string, reader: Pick<Reader, 'streams'>): readonly string[] | undefined {
  const reached = reachedBy(path);
  if (reached === 'nothing')
    throw new HlsStreamError(
      'BAD_PARAMETER',
      'path: leads to nothing here; name a stream as /video/yard.m3u8 does, or none as / does',
    );
  if (typeof reached === 'object') return [reached.stream];
  return reader.streams && [...reader.streams];
}

const showSignIn: Middleware = (ctx, next) => {
  ctx.path = PAGE;
  ctx.set('Cache-Control', 'no-store');
  return next();
};

/** Scripts do not see it, other sites' pages do not send it, and over HTTPS it goes no other way. */
function cookie(ctx: Context, publicPath: PublicPath, pair: string, seconds: number): string {
  const isSecure =
    (ctx.req.socket as Partial<TLSSocket>).encrypted === true || ctx.get('X-Forwarded-Proto') === 'https';
  const path = `${publicPath.of(ctx)}/`;
  return `${pair}; Path=${path}; Max-Age=${seconds}; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
}

function parse<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new HlsStreamError(
    'BAD_PARAMETER',
    `${issue?.path.join('.') || 'the body'}: ${issue?.message ?? 'does not fit'}`,
  );
}

/** What {@link accessRoutes} adds, as OpenAPI describes it. */
export const accessOperations: readonly Operation[] = [
  {
    path: '/sign-in',
    method: 'get',
    summary: 'The page that takes a token',
    answers: { 200: 'text/html', 404: problem },
  },
  {
    path: '/sign-in',
    method: 'post',
    summary: 'With --access private: a session, as a cookie, for who shows a token',
    body: component('signingIn'),
    answers: { 204: undefined, 401: problem, 404: problem, 413: problem, 415: problem },
  },
  {
    path: '/sign-out',
    method: 'post',
    summary: 'Ends the session: the browser forgets its cookie',
    body: { type: 'object' },
    answers: { 204: undefined, 404: problem, 413: problem, 415: problem },
  },
  {
    path: '/sign',
    method: 'post',
    summary:
      'A path with a signature that opens it, and what lies below, for a while; all of it for a path of no stream',
    body: component('signing'),
    answers: {
      200: component('signed'),
      401: problem,
      403: problem,
      404: problem,
      413: problem,
      415: problem,
    },
  },
  {
    path: '/access',
    method: 'get',
    summary:
      'Whether who asks may read the path in X-Original-URI: what an edge asks before it serves from its cache',
    answers: { 204: undefined, 401: problem, 403: problem, 404: problem },
  },
];
