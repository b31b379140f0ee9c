import { HlsStreamError, percentDecoded } from '../errors.ts';

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
  return {
    host: host.replace(/^\[|\]$/g, ''),
    port,
    db: Number(db ?? 0),
    secure: scheme === 'rediss',
    ...credentials(login),
  };
}

/** A host of several, and its port. */
export interface RedisHost {
  readonly host: string;
  readonly port: number;
}

/** Where a Redis is that one host alone does not say. */
export interface RedisPlace extends Omit<RedisAddress, 'host' | 'port'> {
  /** `sentinel`: the hosts say where the primary of this name is. `cluster`: they say which node has which keys. */
  readonly kind: 'single' | 'sentinel' | 'cluster';
  readonly hosts: readonly RedisHost[];
  /** What the Sentinels call the primary. */
  readonly primary?: string;
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
}

const SEVERAL =
  /^(rediss?)\+(sentinel|cluster):\/\/(?:(.*)@)?([^\s/@?#]+)(?:\/([^\s/?#]*))?(?:\/(\d{0,6}))?(\?[^\s#]*)?$/s;
const HOST = /^(\[[0-9a-fA-F:.]+\]|[^\s:[\]]+)(?::(\d{1,5}))?$/;

/** Whether a URL names a Redis, or several. */
export function isRedisUrl(url: string): boolean {
  return /^rediss?(?:\+(?:sentinel|cluster))?:/.test(url);
}

/** Whether a URL names a cluster of Redis. */
export function isClusterUrl(url: string): boolean {
  return /^rediss?\+cluster:/.test(url);
}

/**
 * Takes any URL apart that {@link isRedisUrl}: also
 * `redis[s]+sentinel://[user:password@]host[:port],…/primary[/database][?sentinel-user=…&sentinel-password=…]` and
 * `redis[s]+cluster://[user:password@]host[:port],…`.
 * @throws HlsStreamError USAGE that never shows the password
 */
export function parseRedisPlace(url: string): RedisPlace {
  if (!/^rediss?\+/.test(url)) {
    const { host, port, ...rest } = parseRedisUrl(url);
    return { kind: 'single', hosts: [{ host, port }], ...rest };
  }
  const [, scheme, kind, login = '', list = '', name = '', db = '', query = ''] = SEVERAL.exec(url) ?? [];
  const hosts = list.split(',').map((one) => parseHost(one, kind === 'sentinel' ? 26_379 : 6379));
  const known = hosts.filter((host) => host !== undefined);
  const isRight = kind === 'sentinel' ? name !== '' : /^0?$/.test(name) && db === '' && query === '';
  if (scheme === undefined || known.length < hosts.length || !isRight) {
    throw new HlsStreamError(
      'USAGE',
      `${maskUrl(url)} does not name several Redis; write redis+sentinel://host1:26379,host2:26379/primary/0 or redis+cluster://host1:6379,host2:6379, with rediss+ for encryption and user:password@ before the hosts`,
    );
  }
  const sentinel = new URLSearchParams(query);
  const [sentinelUsername, sentinelPassword] = ['sentinel-user', 'sentinel-password'].map(
    (key) => sentinel.get(key) ?? '',
  );
  return {
    kind: kind === 'sentinel' ? 'sentinel' : 'cluster',
    hosts: known,
    db: Number(db),
    secure: scheme === 'rediss',
    ...credentials(login),
    ...(kind === 'sentinel' && { primary: name }),
    ...(sentinelUsername && { sentinelUsername }),
    ...(sentinelPassword && { sentinelPassword }),
  };
}

function parseHost(text: string, defaultPort: number): RedisHost | undefined {
  const [, host, digits] = HOST.exec(text) ?? [];
  const port = Number(digits ?? defaultPort);
  if (host === undefined || port < 1 || port > 65_535) return undefined;
  return { host: host.replace(/^\[|\]$/g, ''), port };
}

function credentials(login: string): Pick<RedisAddress, 'username' | 'password'> {
  const colon = login.indexOf(':');
  const username = percentDecoded(colon === -1 ? login : login.slice(0, colon));
  const password = colon === -1 ? '' : percentDecoded(login.slice(colon + 1));
  return { ...(username === '' ? {} : { username }), ...(password === '' ? {} : { password }) };
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
