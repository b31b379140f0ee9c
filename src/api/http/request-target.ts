import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';
import { HlsStreamError } from '../../errors.ts';
import type { OwnHosts } from '../access/own-hosts.ts';
import type { PublicPath } from './public-path.ts';

/** `[IPv6]` or a name, and perhaps a port (RFC 3986 §3.2.2). A comma, though allowed there, is two fields joined. */
const HOST = /^(?:\[([0-9A-Fa-f:.]+)\]|(?:[A-Za-z0-9._~!$&'()*+;=-]|%[0-9A-Fa-f]{2})*)(?::(\d{0,5}))?$/;

/** Whether a Host field may have this value (RFC 9110 §7.2); an empty one is allowed: it names none. */
export function isValidHost(value: string): boolean {
  const match = HOST.exec(value);
  if (match === null) return false;
  const [, literal, port = ''] = match;
  return (literal === undefined || isIPv6(literal)) && Number(port) <= 65535;
}

/** `http://host/path` in the place of `/path` (RFC 9112 §3.2.2). */
const ABSOLUTE = /^https?:\/\/([^/?#]+)(.*)$/i;

const WRITING: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/**
 * Makes of a request what the routes are asked: its target in origin form below the public path, and the one host it
 * names in `headers.host`.
 * @param ownHosts the names under which may be read; whoever writes is looked at where that is decided
 * @throws HlsStreamError BAD_REQUEST for a target or a host that is none, or more than one host; FOREIGN_HOST
 */
export function settleTarget(request: IncomingMessage, publicPath: PublicPath, ownHosts?: OwnHosts): void {
  const hosts = namedHosts(request);
  // RFC 9112 §3.2: more than one, or one that is none, is refused whatever is asked. So is none, where it is due.
  if (hosts.some((host) => !isValidHost(host))) throw bad('the Host field names no host');
  if (new Set(hosts).size > 1 || (request.httpVersionMajor === 1 && hosts.length > 1))
    throw bad('the request names more than one host');
  if (hosts.length === 0 && request.httpVersion !== '1.0') throw bad('the request names no host');
  const { url = '', method = '' } = request;
  const [, authority, rest = ''] = url.startsWith('/') ? [] : (ABSOLUTE.exec(url) ?? []);
  const authorityValid = authority === undefined || isValidHost(authority);
  if (!WRITING.has(method) && authorityValid) ownHosts?.check(authority ?? hosts[0]);
  if (url === '*' && method === 'OPTIONS') return;
  let target = url;
  if (authority !== undefined) {
    if (!authorityValid) throw bad('the target names no host');
    // RFC 9112 §3.2.2: a target in absolute form says the host, whatever the field says.
    request.headers.host = authority;
    target = rest.startsWith('/') ? rest : `/${rest}`;
  }
  if (!target.startsWith('/')) throw bad('the target is not a path of this server');
  const fragment = target.indexOf('#');
  request.url = publicPath.below(fragment === -1 ? target : target.slice(0, fragment));
}

/** The values of all Host fields, and of HTTP/2's `:authority` (RFC 9113 §8.3.1). */
function namedHosts({ rawHeaders }: IncomingMessage): string[] {
  const hosts: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if ((name.length === 4 && name.toLowerCase() === 'host') || name === ':authority')
      hosts.push((rawHeaders[at + 1] ?? '').toLowerCase());
  }
  return hosts;
}

function bad(message: string): HlsStreamError {
  return new HlsStreamError('BAD_REQUEST', message);
}
