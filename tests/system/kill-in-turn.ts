import { pollAndCheck } from '../checker/poll.ts';
import { until } from '../until.ts';
import { crowd, type Outcomes } from './crowd.ts';
import { mediaPlaylist } from './judge.ts';
import { type Death, differences, type FoundMarker } from './recording-detector.ts';
import type { RoleProcess } from './role.ts';
import { activeOf, type HostKind, type SeveralHosts } from './several-hosts.ts';
import { postMarkers } from './witnesses.ts';

/**
 * What is killed with -9; the silent ones are stopped first, as hosts whose network is gone, and killed once the
 * stream has gone on without them. Redis and nginx come back at once, as from a supervisor.
 */
export const victims = [
  'encoder',
  'detector',
  'api',
  'redis',
  'nginx',
  'standby encoder',
  'standby detector',
  'silent encoder',
  'silent detector',
] as const;

/** One of {@link victims}. */
export type Victim = (typeof victims)[number];

/** What was seen while hosts died. */
export interface Witnessed {
  /**
   * The longest that the picture of a viewer stood still, in seconds, for each thing killed, in that order: how long it
   * waited for a new part, less what a player has in hand by then (PART-HOLD-BACK).
   */
  readonly stalls: readonly { readonly victim: Victim; readonly seconds: number }[];
  /**
   * What went wrong, in words: playlists that break a rule, requests without any outcome, markers lost or doubled,
   * be they a client's or the detectors', each compared with its own record.
   */
  readonly faults: readonly string[];
  /** How many markers there are of each. */
  readonly posted: number;
  readonly detected: number;
}

/** How {@link killInTurn} goes about it. */
export interface KillOptions {
  readonly viewers: number;
  readonly order: readonly Victim[];
  /** How long all goes well between two, in seconds. */
  readonly rest: number;
}

/** Kills each in turn while viewers watch and a client posts markers. */
export async function killInTurn(hosts: SeveralHosts, options: KillOptions): Promise<Witnessed> {
  const { viewers, order, rest } = options;
  const { url } = hosts.nginx;
  const get = async <T>(path: string) => {
    const response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(5000) });
    return (await response.json()) as T;
  };
  const edge = async () =>
    (await get<{ streams: { edge: number | null }[] }>('/streams')).streams[0]?.edge ?? 0;
  await until('the first segments', 20, async () => (await edge()) > 2.5);
  const { uri: playlist, text } = await mediaPlaylist(`${url}/video/board.m3u8`);
  const inHand = Number(/PART-HOLD-BACK=([\d.]+)/.exec(text)?.[1]);
  const over = new AbortController();
  // Nobody need answer from the moment the only nginx is killed until the stream has gone on behind another.
  let edgeIsAway = false;
  const mayBeAway = () => edgeIsAway;
  const checked = pollAndCheck(playlist, { seconds: 3600, signal: over.signal, mayBeAway });
  const poster = postMarkers(url, 100, hosts.token === undefined ? {} : { token: hosts.token });
  const watching = crowd(playlist, viewers);
  const stalls: { victim: Victim; seconds: number }[] = [];
  const deaths: Death[] = [];
  try {
    await until('all watch', 20, () => watching.rounds.every((count) => count >= 3));
    for (const victim of order) {
      watching.longestWaits();
      const before = await edge();
      edgeIsAway = victim === 'nginx';
      const replace = await kill(hosts, victim, deaths);
      await until(`going on without the ${victim}`, 15, async () => (await edge()) > before + 3);
      edgeIsAway = false;
      await replace();
      await pause(rest);
      const longest = Math.max(...watching.longestWaits()) / 1000;
      stalls.push({ victim, seconds: Math.max(0, longest - inHand) });
    }
  } finally {
    await watching.stop();
    await poster.stop();
    over.abort();
  }
  const compared = async () => {
    const { markers } = await get<{ markers: FoundMarker[] }>('/markers?limit=10000');
    const detected = markers.filter(({ source }) => source === 'mint-square');
    const posted = markers.filter((marker) => marker.class === 'posted').map(({ id }) => id);
    const faults = [
      ...differences(detected, await hosts.recorded.begins(), deaths),
      ...poster.ids.filter((id) => !posted.includes(id)).map((id) => `${id} was posted and is lost`),
      ...markers.flatMap(({ id }, at) =>
        markers.findIndex((one) => one.id === id) === at ? [] : [`${id} is there twice`],
      ),
    ];
    return { faults, posted: posted.length, detected: detected.length };
  };
  // The newest event may be on its way still, at each look another one: what counts is the look that has them all.
  let looked = await compared();
  await until('markers like the record', 3, async () => {
    looked = await compared();
    return looked.faults.length === 0;
  }).catch(() => {});
  const { faults, ...counts } = looked;
  const { violations } = await checked;
  const played = [
    ...violations.map(({ rule, message }) => `${rule}: ${message}`),
    ...faultsOf(watching.outcomes),
  ];
  return { stalls, faults: [...played, ...faults], ...counts };
}

/** What may be answered: a part that never came is not found, and nginx says when nobody is behind it. */
const EXPECTED = new Set([200, 404, 502, 503, 504]);

function faultsOf({ answered, hung }: Outcomes): string[] {
  const strange = [...answered].filter(([status]) => !EXPECTED.has(status));
  return [
    ...strange.map(([status, count]) => `${count} answers were ${status}`),
    ...hung.map((request) => `no outcome: ${request}`),
  ];
}

/** Kills the victim; what comes back puts another in its place, once whoever stood by works. */
async function kill(hosts: SeveralHosts, victim: Victim, deaths: Death[]): Promise<() => Promise<void>> {
  if (victim === 'redis') {
    await hosts.redis.kill();
    await hosts.redis.restart();
    return async () => {};
  }
  if (victim === 'nginx') {
    await hosts.nginx.killAndRestart();
    return async () => {};
  }
  const kind: HostKind = victim === 'api' ? 'apis' : victim.endsWith('encoder') ? 'encoders' : 'detectors';
  const roles = hosts.roles[kind];
  const find = () => (kind === 'apis' ? roles[0] : activeOf(roles));
  await until(`a working process of the ${kind}`, 10, () => find() !== undefined);
  const active = find();
  const role: RoleProcess | undefined = victim.startsWith('standby')
    ? roles.find((one) => one !== active)
    : active;
  if (role === undefined) throw new Error(`there is no ${victim}`);
  deaths.push({ pid: role.pid, at: Date.now() });
  role.signal(victim.startsWith('silent') ? 'SIGSTOP' : 'SIGKILL');
  return async () => {
    if (kind !== 'apis' && role === active)
      await until(
        `another for the ${victim}`,
        10,
        () => activeOf(roles.filter((one) => one !== role)) !== role,
      );
    await role.kill();
    await hosts.replace(kind, role);
  };
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
