import type { IncomingMessage, ServerResponse } from 'node:http';
import { Server } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { giveBody } from '../api/http/request-body.ts';
import { HlsStreamError } from '../errors.ts';
import type { Live } from './live.ts';
import { type AttachTarget, mount } from './mount.ts';
import { begin } from './serve.ts';
import type { ServeOptions } from './serve-options.ts';

/** What {@link attach} is given. */
export interface AttachOptions extends Omit<ServeOptions, 'host' | 'port' | 'processes'> {
  /** The path below which the stream is served, as browsers see it: `/live`, `/cams/yard`. */
  readonly prefix: string;
}

const PREFIX = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~-]{1,64}){1,16}$/;

/**
 * Starts a live stream and serves it below a path of a server that is there: an `http.Server` (also HTTPS and HTTP/2), or
 * an app of Koa, Express, Connect or Fastify. Requests for other paths go where they went. Called at the place among the
 * other middlewares where it is to stand; Fastify takes it before it listens. Requests that come before it has started
 * get 503.
 * @throws HlsStreamError as {@link serve}
 */
export async function attach(target: AttachTarget, options: AttachOptions): Promise<Live> {
  const { prefix: given, ...rest } = options;
  const prefix = typeof given === 'string' ? given.replace(/\/$/, '') : '';
  if (!PREFIX.test(prefix))
    throw new HlsStreamError('USAGE', `prefix ${String(given)} is not a path such as /live or /cams/yard`);
  if ((rest as ServeOptions).processes === true)
    throw new HlsStreamError(
      'USAGE',
      'attach() answers in this process; leave processes out, or call serve()',
    );
  let answer: ((request: IncomingMessage, response: ServerResponse) => void) | undefined = notReady;
  const unmount = mount(target, (request, response, { url, body }) => {
    if (answer === undefined || !isBelow(url, prefix)) return false;
    request.url = url;
    // A parser that stands before has read it.
    if (body !== undefined && request.readableDidRead) giveBody(request, body);
    answer(request, response);
    return true;
  });
  const detach = () => {
    answer = undefined;
    unmount();
  };
  try {
    const live = await begin(rest, { prefix, base: () => `${originOf(target)}${prefix}`, detach });
    answer = live.answer;
    return live.live;
  } catch (error) {
    detach();
    throw error;
  }
}

function notReady(_request: IncomingMessage, response: ServerResponse): void {
  const error = { code: 'NOT_READY', message: 'the stream is being started; try again' };
  response
    .writeHead(503, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', 'Retry-After': '1' })
    .end(JSON.stringify({ error }));
}

/** Also of a target in absolute form (RFC 9112 §3.2.2). */
function isBelow(url: string, prefix: string): boolean {
  const path = url.replace(/^https?:\/\/[^/?#]*/i, '');
  return path.startsWith(prefix) && /^[/?]|^$/.test(path.slice(prefix.length));
}

/** Scheme, host and port, as far as a target knows them. */
function originOf(target: AttachTarget): string {
  const server = target instanceof Server ? target : 'server' in target ? target.server : undefined;
  const address = server?.address();
  if (typeof address !== 'object' || address === null) return '';
  return `${server instanceof TlsServer ? 'https' : 'http'}://localhost:${address.port}`;
}
