import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OwnRedis, startRedis } from '../store/redis-server.ts';
import { type CachingNginx, startCachingNginx } from './caching-nginx.ts';
import { freePort } from './free-port.ts';
import { type RecordingDetector, recordingDetector } from './recording-detector.ts';
import { type RoleProcess, startRole } from './role.ts';

/** Kinds of processes that run on hosts of their own. */
export type HostKind = 'encoders' | 'detectors' | 'apis';

/** One machine that plays several hosts: each process is run by hand, and knows the others by the store alone. */
export interface SeveralHosts {
  /** It writes to its disk what it is told, before it answers. */
  readonly redis: OwnRedis;
  readonly nginx: CachingNginx;
  /** What runs now. Of encoders and of detectors there are two; one is active, and the other stands by. */
  readonly roles: Readonly<Record<HostKind, readonly RoleProcess[]>>;
  /** What the detectors wrote down themselves. */
  readonly recorded: RecordingDetector;
  /** Where each API process answers. */
  readonly origins: readonly string[];
  /** What writing through nginx needs. */
  readonly token: string;
  /** Starts another process in the place of one that is gone; resolves when it works or stands by. */
  replace(kind: HostKind, gone: RoleProcess): Promise<void>;
  /** Ends all of them, the roles by SIGTERM; resolves to what they left with, of each kind. */
  stop(): Promise<Readonly<Record<HostKind, readonly (number | null)[]>>>;
}

/** How many hosts, and what they stream. */
export interface SeveralHostsOptions {
  /** API processes. @default 3 */
  readonly apis?: number;
  /** Where the media lies: in a directory they share, or in Redis as well. @default 'disk' */
  readonly media?: 'disk' | 'redis';
  /** Flags of the encoders, beside where store and media are. */
  readonly stream?: readonly string[];
}

/** What a process of each kind says once it does its work, or waits to do it. */
const WORKS: Readonly<Record<HostKind, RegExp>> = {
  encoders: /^(streaming|standing by)$/,
  detectors: /^(looking|standing by)$/,
  apis: /^serving$/,
};

/** Starts them: a Redis, two encoders, two detectors, API processes, and nginx before these. */
export async function startSeveralHosts(options: SeveralHostsOptions = {}): Promise<SeveralHosts> {
  const { apis = 3, media = 'disk', stream = [] } = options;
  const folder = await mkdtemp(join(tmpdir(), 'hlsstream-hosts-'));
  const redis = await startRedis(['--appendonly', 'yes', '--appendfsync', 'always']);
  const recorded = await recordingDetector(folder);
  const token = randomUUID();
  const ports = await Promise.all(Array.from({ length: apis }, freePort));
  const origins = ports.map((port) => `http://127.0.0.1:${port}`);
  const shared = ['--store', `redis://127.0.0.1:${redis.port}`, '--name', 'board', '--media', media];
  /** With media in Redis no two hosts share a directory. */
  const on = (host: string) => [...shared, '--data-dir', media === 'disk' ? folder : join(folder, host)];
  const start: Readonly<Record<HostKind, (place: number) => RoleProcess>> = {
    encoders: (place) => startRole('stream', [...on(`encoder-${place}`), '--standby', ...stream]),
    detectors: (place) => startRole('detect', [...on(`detector-${place}`), '--detector', recorded.module]),
    apis: (place) => startRole('api', [...on(`api-${place}`), '--port', `${ports[place]}`, '--token', token]),
  };
  const roles: Record<HostKind, RoleProcess[]> = { encoders: [], detectors: [], apis: [] };
  const put = async (kind: HostKind, place: number) => {
    const role = start[kind](place);
    roles[kind][place] = role;
    await role.logged(WORKS[kind]);
  };
  let nginx: CachingNginx | undefined;
  const stop = async () => {
    await nginx?.stop();
    const left = { encoders: [], detectors: [], apis: [] } as Record<HostKind, (number | null)[]>;
    for (const kind of ['detectors', 'encoders', 'apis'] as const) {
      for (const role of roles[kind]) {
        role.signal('SIGTERM');
        // One that was stopped hears it only then.
        role.signal('SIGCONT');
      }
      left[kind] = await Promise.all(roles[kind].map((role) => role.left));
    }
    await redis.stop();
    await rm(folder, { recursive: true, force: true });
    return left;
  };
  try {
    await put('encoders', 0);
    await put('detectors', 0);
    await Promise.all([put('encoders', 1), put('detectors', 1), ...ports.map((_, at) => put('apis', at))]);
    nginx = await startCachingNginx(...origins);
  } catch (error) {
    for (const role of Object.values(roles).flat()) await role.kill();
    await stop();
    throw error;
  }
  return {
    ...{ redis, nginx, roles, recorded, origins, token, stop },
    replace: (kind, gone) => put(kind, roles[kind].indexOf(gone)),
  };
}

/** The one of two processes that works; the other stands by. */
export function activeOf(roles: readonly RoleProcess[]): RoleProcess {
  const last = ({ log }: RoleProcess) =>
    String(log.findLast(({ msg }) => /^(streaming|looking|standing by( again)?)$/.test(String(msg)))?.msg);
  const active = roles.find((role) => /streaming|looking/.test(last(role)));
  if (active === undefined) throw new Error(`none works: ${roles.map(last).join(', ')}`);
  return active;
}
