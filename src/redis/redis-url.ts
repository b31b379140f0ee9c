import { HlsStreamError } from '../errors.ts';

/** Where a Redis is and who asks. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  /** Number of the logical database. */
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  /** Whether the connection is encrypted (`rediss:`). */
  readonly secure: boolean;
}

// The last @ ends the password: one who forgot to escape a / or @ in it is understood all the same.
const REDIS_URL =
  /^(rediss?):\/\/(?:(.*)@)?(\[[0-9a-fA-F:.]+\]|[^\s:/@?#[\]]+)(?::(\d{1,5}))?(?:\/(\d{0,6}))?$/s;

/**
 * Takes `redis[s]://[user][:password]@host[:port][/database]` apart. Percent escapes in user and password are
 * undone.
 * @throws HlsStreamError USAGE that never shows the password
 */
export function parseRedisUrl(url: string): RedisAddress {
  const match = REDIS_URL.exec(url);
  const port = Number(match?.[4] ?? 6379);
  if (match === null || port < 1 || port > 65_535) {
    throw new HlsStreamError(
      'USAGE',
      `${maskUrl(url)} is no Redis URL; write redis://host:6379, or rediss://user:password@host:6379/0`,
    );
  }
  const [, scheme, login = '', host = '', , db] = match;
  const colon = login.indexOf(':');
  const username = withoutEscapes(colon === -1 ? login : login.slice(0, colon));
  const password = colon === -1 ? '' : withoutEscapes(login.slice(colon + 1));
  return {
    host: host.replace(/^\[|\]$/g, ''),
    port,
    db: Number(db ?? 0),
    secure: scheme === 'rediss',
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
  };
}

/**
 * A URL as it may be shown: nothing is left of user, password, query and fragment, however badly they are
 * written. Text that is no URL is masked up to its last @.
 */
export function maskUrl(url: string): string {
  const scheme = /^(?:[a-z][a-z0-9+.-]*:\/\/|rediss?:|memory:)/i.exec(url)?.[0] ?? '';
  const rest = url.slice(scheme.length);
  const at = rest.lastIndexOf('@');
  const place = rest.slice(at + 1).replace(/[?#].*$/s, '');
  return `${scheme}${at === -1 ? '' : '***@'}${place}`;
}

function withoutEscapes(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
