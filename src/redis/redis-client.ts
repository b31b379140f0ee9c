import type { Redis, RedisOptions } from 'ioredis';
import { backOff } from '../clock.ts';
import { nodeOfSlot } from './cluster-slots.ts';
import { lookUpConnector } from './look-up-connector.ts';
import { parseRedisPlace, type RedisHost, type RedisPlace } from './redis-url.ts';

/** Pauses between tries to connect, in milliseconds: the first, and the longest. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 1000;

/** How long a try to connect may take, encryption included, in milliseconds. */
const CONNECT_TIMEOUT = 3000;

/** How long a connection that was given up may take to end in good order, in milliseconds. */
const DISCONNECT_TIMEOUT = 100;

/** How long somebody may take who is asked where the primary is, in milliseconds. */
const LOOK_UP_TIMEOUT = 1000;

/** The pause before the next try after `failures` in a row, in milliseconds. */
export function retryPause(failures: number): number {
  return backOff(failures + 1, FIRST_PAUSE, LONGEST_PAUSE);
}

/** Options of every connection: it comes back by itself, and never sends anything twice. */
const clientOptions = {
  lazyConnect: true,
  // The plain protocol: pushes of the newer one bring nothing here.
  protocol: 2,
  // Asked with a deadline and without pauses instead; see RedisConnection.
  enableReadyCheck: false,
  enableOfflineQueue: false,
  // Whoever subscribed says so again; what was left meanwhile stays left.
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  connectTimeout: CONNECT_TIMEOUT,
  disconnectTimeout: DISCONNECT_TIMEOUT,
  disableClientInfo: true,
  retryStrategy: retryPause,
} satisfies RedisOptions;

/** Options of a connection that only asks where the primary is. */
const lookUpOptions = {
  ...clientOptions,
  connectTimeout: LOOK_UP_TIMEOUT,
  commandTimeout: LOOK_UP_TIMEOUT,
  retryStrategy: null,
} satisfies RedisOptions;

/** A client, and what makes one more for the very server that it is connected to at the time. */
export interface OpenedClient {
  readonly client: Redis;
  readonly twin: () => Redis;
  /** The URL names one server, which is the primary or is not. */
  readonly single: boolean;
}

/**
 * Makes a client for a URL that has not begun to connect; of a cluster, for the node that has the keys with this hash tag.
 * Throws USAGE for a URL that is none.
 */
export type MakeClient = (url: string, tag: string) => OpenedClient;

/** Loads the library. */
export async function clientMaker(): Promise<MakeClient> {
  const library = await import('ioredis');
  return (url, tag) => makeClient(library, url, tag);
}

function makeClient(
  { Redis, AbstractConnector }: Pick<typeof import('ioredis'), 'Redis' | 'AbstractConnector'>,
  url: string,
  tag: string,
): OpenedClient {
  const place = parseRedisPlace(url);
  const { db, username, password, secure, hosts, kind } = place;
  const login = {
    ...{ db, ...(username && { username }), ...(password && { password }), ...(secure && { tls: {} }) },
  } satisfies RedisOptions;
  let last: RedisHost | undefined;
  const findNode = async () => {
    const ask = (host: RedisHost) => new Redis({ ...lookUpOptions, ...login, ...host });
    last = await nodeOfSlot([...(last ? [last] : []), ...hosts], tag, ask);
    return last;
  };
  const whereabouts = {
    single: () => ({ ...hosts[0] }),
    sentinel: () => sentinels(place),
    cluster: () => ({ Connector: lookUpConnector(AbstractConnector, findNode) }),
  }[kind]();
  const client = new Redis({ ...clientOptions, ...login, ...whereabouts });
  const findSame = async () => {
    const { remoteAddress, remotePort } = client.stream;
    if (client.status !== 'ready' || remoteAddress === undefined || remotePort === undefined)
      throw new Error('Connection is closed.');
    const [only] = kind === 'single' ? hosts : [];
    return { host: remoteAddress, port: remotePort, ...(only && { servername: only.host }) };
  };
  const same = { ...clientOptions, ...login, Connector: lookUpConnector(AbstractConnector, findSame) };
  return { client, twin: () => new Redis(same), single: kind === 'single' };
}

function sentinels({ hosts, primary, secure, ...login }: RedisPlace) {
  const { sentinelUsername, sentinelPassword } = login;
  return {
    sentinels: hosts.map((host) => ({ ...host })),
    name: primary ?? '',
    // Tells of a new primary at once.
    failoverDetector: true,
    sentinelRetryStrategy: retryPause,
    sentinelReconnectStrategy: retryPause,
    sentinelCommandTimeout: LOOK_UP_TIMEOUT,
    ...(secure && { sentinelTLS: {}, enableTLSForSentinelMode: true }),
    ...(sentinelUsername && { sentinelUsername }),
    ...(sentinelPassword && { sentinelPassword }),
  } satisfies RedisOptions;
}
