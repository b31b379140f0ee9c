import type { IncomingMessage, ServerResponse } from 'node:http';
import { Server } from 'node:net';
import { finished } from 'node:stream/promises';
import { HlsStreamError } from '../errors.ts';

/** An app of Koa. */
export interface KoaLike {
  use(middleware: (context: KoaContextLike, next: () => Promise<unknown>) => Promise<unknown>): unknown;
  callback(): unknown;
}

/** What of Koa's context is used. */
export interface KoaContextLike {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly originalUrl: string;
  respond?: boolean;
}

/** An app of Express or Connect, or another with their middlewares. */
export interface ExpressLike {
  // Their types name requests and responses of their own, which are Node's with more in them.
  // biome-ignore lint/suspicious/noExplicitAny: whatever they call them
  use(handler: (request: any, response: any, next: (error?: any) => void) => void): unknown;
}

/** An instance of Fastify. */
export interface FastifyLike {
  readonly server: Server;
  // biome-ignore lint/suspicious/noExplicitAny: its type says far more of a hook than is needed
  addHook(name: 'onRequest', hook: (request: any, reply: any, done: () => void) => void): unknown;
}

/** What a stream can be attached to. */
export type AttachTarget = Server | KoaLike | ExpressLike | FastifyLike;

/** How a request came. */
export interface Came {
  /** As the browser asked for it. */
  readonly url: string;
  /** What a parser has made of its body; undefined if none has. */
  readonly body?: unknown;
}

/** Takes a request, or leaves it to others. */
export type Take = (request: IncomingMessage, response: ServerResponse, came: Came) => boolean;

/** Has `take` asked first for each request of a server or app; returns what undoes it, as far as the target can. */
export function mount(target: AttachTarget, take: Take): () => void {
  if (target instanceof Server) return onServer(target, take);
  if (Object(target) !== target) throw notServer();
  if ('addHook' in target) return onFastify(target, take);
  if ('callback' in target && 'use' in target) target.use(koaMiddleware(take));
  else if (typeof (target as Partial<ExpressLike>).use === 'function') target.use(expressHandler(take));
  else throw notServer();
  return () => {};
}

function notServer(): HlsStreamError {
  return new HlsStreamError(
    'USAGE',
    'attach() takes an http.Server, or an app of Koa, Express, Connect or Fastify; of other frameworks give the http.Server underneath',
  );
}

/** Before all listeners, whenever they were added. */
function onServer(server: Server, take: Take): () => void {
  const isOwn = Object.hasOwn(server, 'emit');
  const { emit } = server;
  const mounted = (event: string | symbol, ...values: unknown[]): boolean => {
    if (event === 'request' || event === 'checkContinue') {
      const [request, response] = values as [IncomingMessage, ServerResponse];
      const taken = take(request, response, { url: request.url ?? '' });
      if (taken && event === 'checkContinue') response.writeContinue();
      if (taken) return true;
    }
    return (emit as (...all: unknown[]) => boolean).call(server, event, ...values);
  };
  server.emit = mounted as typeof emit;
  return () => {
    // Somebody who came later calls ours, which takes nothing any more.
    if (server.emit !== mounted) return;
    if (isOwn) server.emit = emit;
    else delete (server as Partial<Server>).emit;
  };
}

function koaMiddleware(take: Take) {
  return async (context: KoaContextLike, next: () => Promise<unknown>): Promise<unknown> => {
    const { req, res, originalUrl } = context;
    const { body } = (context as { request?: { body?: unknown } }).request ?? {};
    const responds = context.respond;
    // Nothing else of Koa's may answer then.
    context.respond = false;
    if (take(req, res, { url: originalUrl, body })) return finished(res).catch(() => {});
    if (responds === undefined) delete context.respond;
    else context.respond = responds;
    return next();
  };
}

function expressHandler(take: Take) {
  return (
    request: IncomingMessage & { readonly originalUrl?: string; readonly body?: unknown },
    response: ServerResponse,
    next: () => void,
  ): void => {
    const { originalUrl, body, url = '' } = request;
    if (!take(request, response, { url: originalUrl ?? url, body })) next();
  };
}

interface FastifyReplyLike {
  readonly raw: ServerResponse;
  hijack(): unknown;
}

/** Its hooks hear of all its servers, which may be several; one that listens already takes no hook any more. */
function onFastify(fastify: FastifyLike, take: Take): () => void {
  if (fastify.server.listening) return onServer(fastify.server, take);
  fastify.addHook('onRequest', ({ raw }: { raw: IncomingMessage }, reply: FastifyReplyLike, done) => {
    if (take(raw, reply.raw, { url: raw.url ?? '' })) reply.hijack();
    else done();
  });
  return () => {};
}
