import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { IncomingHttpHeaders as Http2Headers } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { HlsStreamError } from '../../errors.ts';
import type { AddressLimits } from './address-limits.ts';
import { readerOf } from './reader.ts';
import { bearerToken, isSecret } from './tokens.ts';

/** Who may write. */
export interface WriteAccess {
  /** The bearer token; without one only this machine's own programs may write. */
  readonly token: string | undefined;
  /** The address listened on: also a name we go by. */
  readonly host: string;
  /** How fast one address may write, and how many wrong tokens it may show. @default as it likes */
  readonly limits?: AddressLimits | undefined;
}

/**
 * Lets a request write or throws.
 * @throws HlsStreamError UNAUTHORIZED without the right token, FORBIDDEN when there is no token and the
 * request is not surely from a program on this machine; TooMany for who writes too fast, or tries too many tokens.
 */
export function checkWriteAccess(request: IncomingMessage, access: WriteAccess): void {
  const { limits, token } = access;
  const from = { headers: request.headers, remoteAddress: request.socket.remoteAddress };
  limits?.writes(from);
  const shows = token !== undefined && bearerToken(request.headers.authorization) !== undefined;
  if (shows) limits?.checkTokens(from);
  const refusal = refusalOf(request, access);
  if (refusal === undefined) return;
  if (shows) limits?.tokenFailed(from);
  throw refusal;
}

/** Whether {@link checkWriteAccess} would let this request write. A token that is none counts here, too: this tells. */
export function mayWrite(request: IncomingMessage, access: WriteAccess): boolean {
  const { limits, token } = access;
  // What a proxy asks for, such as Basic, is no guess at the token.
  if (token === undefined || bearerToken(request.headers.authorization) === undefined)
    return refusalOf(request, access) === undefined;
  const from = { headers: request.headers, remoteAddress: request.socket.remoteAddress };
  if (limits?.hasFailed(from)) return false;
  if (refusalOf(request, access) === undefined) return true;
  // One that lets read is no guess.
  if (readerOf(request).by !== 'token') limits?.tokenFailed(from);
  return false;
}

function refusalOf(request: IncomingMessage, { token, host }: WriteAccess): HlsStreamError | undefined {
  if (token !== undefined) {
    if (isSecret(bearerToken(request.headers.authorization) ?? '', token)) return undefined;
    return new HlsStreamError('UNAUTHORIZED', 'writing needs the header "Authorization: Bearer <token>"');
  }
  const reason = whyForeign(request, host);
  if (reason === undefined) return undefined;
  return new HlsStreamError(
    'FORBIDDEN',
    `${reason}; without a token only programs on the server's own machine may write: start it with --token and send that`,
  );
}

/** What proxies add to say for whom they ask. */
const OF_PROXIES =
  /^(?:forwarded|x-forwarded.*|x-real-ip|via|cdn-loop|x-original-.*|(?:x-|cf-|true-|fastly-)(?:client|connecting|cluster-client)-ip)$/;

/** A proxy on this machine has a loopback address too, and so has its browser: each shows in the headers. */
function whyForeign(request: IncomingMessage, host: string): string | undefined {
  const { headers, socket } = request;
  if (!isLoopback(socket.remoteAddress ?? '')) return 'the request came from another machine';
  const proxy = Object.keys(headers).find((name) => OF_PROXIES.test(name));
  if (proxy !== undefined) return `the request came through a proxy (it has the header ${proxy})`;
  // That is all that shows of an nginx which was told nothing but where to pass requests on to.
  if (request.httpVersion === '1.0') return 'the request came by HTTP/1.0, as what proxies pass on does';
  const secure = (socket as Partial<TLSSocket>).encrypted === true;
  // HTTP/2 has :authority in the place of Host (RFC 9113 §8.3.1).
  const named = headers.host ?? (headers as Http2Headers)[':authority'];
  const own = ownHost(named, host, socket.localPort ?? 0, secure ? 443 : 80);
  if (own === undefined) return 'the Host header does not name this server';
  const foreign = isForeignPage(headers, `${secure ? 'https' : 'http'}://${own}`);
  return foreign ? 'the request came from a web page of another origin' : undefined;
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(?:::ffff:)?127\./.test(address);
}

/** The Host header if it is one of ours; a name that was made to point here (DNS rebinding) is not. */
function ownHost(
  header: string | undefined,
  configured: string,
  port: number,
  standard: number,
): string | undefined {
  const match = /^(\[[0-9a-f:]+\]|[^:]+)(?::(\d{1,5}))?$/i.exec(header ?? '');
  if (match === null || header === undefined) return undefined;
  const name = (match[1] ?? '').toLowerCase();
  if (Number(match[2] ?? standard) !== port) return undefined;
  const literal = configured.includes(':') ? `[${configured}]` : configured;
  const ours =
    name === 'localhost' ||
    name === '[::1]' ||
    /^127(?:\.\d{1,3}){3}$/.test(name) ||
    name === literal.toLowerCase();
  return ours ? header : undefined;
}

function isForeignPage(headers: IncomingHttpHeaders, own: string): boolean {
  const { origin } = headers;
  if (origin !== undefined && origin !== own) return true;
  const site = headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}
