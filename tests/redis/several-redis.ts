import { Redis } from 'ioredis';
import { type OwnRedis, startRedis } from '../store/redis-server.ts';
import { freePort } from '../system/free-port.ts';

/** Sends one command to one server, a Sentinel too, as an operator does. */
export async function command(
  port: number,
  ...[name = '', ...args]: readonly (string | number)[]
): Promise<unknown> {
  const operator = new Redis({
    port,
    lazyConnect: true,
    retryStrategy: null,
    enableReadyCheck: false,
    protocol: 2,
  });
  operator.on('error', () => {});
  try {
    await operator.connect();
    return await operator.callBuffer(String(name), ...args);
  } finally {
    operator.disconnect();
  }
}

/** Waits for a state of servers. */
export async function come(what: () => Promise<boolean>): Promise<void> {
  while (!(await what().catch(() => false))) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** A primary, two replicas and Sentinels that watch them. */
export interface Watched {
  readonly url: string;
  /** The first is the primary in the beginning. */
  readonly servers: readonly OwnRedis[];
  /** Port of the primary, as the Sentinels say. */
  primary(): Promise<number>;
  /** Whether a Sentinel knows of nothing that is wrong with the replicas: it appoints, and turns round, no others. */
  areReplicasWell(): Promise<boolean>;
  /** When a Sentinel decided upon another primary, by performance.now; resolves once it has. */
  switched(from: number): Promise<number>;
  /** When the primary had a replica that follows it, by performance.now; resolves once it has. */
  isFollowed(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts all of it; the Sentinels take a silence of `down` milliseconds for a death. */
export async function startWatched({ sentinels = 1, down = 500 } = {}): Promise<Watched> {
  const quick = ['--repl-diskless-sync-delay', '0'];
  const first = await startRedis(quick);
  const behind = ['--replicaof', `127.0.0.1 ${first.port}`];
  const replicas = [await startRedis([...quick, ...behind]), await startRedis([...quick, ...behind])];
  const servers = [first, ...replicas];
  for (const { port } of replicas)
    await come(async () => String(await command(port, 'INFO', 'replication')).includes('link_status:up'));
  const quorum = Math.floor(sentinels / 2) + 1;
  const watchers: OwnRedis[] = [];
  for (let n = 0; n < sentinels; n += 1)
    watchers.push(
      await startRedis(['--sentinel'], {
        config: [
          `sentinel monitor yard 127.0.0.1 ${first.port} ${quorum}`,
          `sentinel down-after-milliseconds yard ${down}`,
          'sentinel failover-timeout yard 3000',
        ],
      }),
    );
  const ask = async ({ port }: OwnRedis, ...args: string[]) => command(port, 'SENTINEL', ...args);
  const [watcher] = watchers;
  const primary = async () => {
    const address = watcher && (await ask(watcher, 'GET-MASTER-ADDR-BY-NAME', 'yard'));
    return Number((address as Buffer[] | undefined)?.[1]);
  };
  for (const one of watchers) {
    await come(async () => ((await ask(one, 'REPLICAS', 'yard')) as unknown[]).length === 2);
    await come(async () => ((await ask(one, 'SENTINELS', 'yard')) as unknown[]).length === sentinels - 1);
  }
  return {
    url: `redis+sentinel://${watchers.map(({ port }) => `127.0.0.1:${port}`).join(',')}/yard/0`,
    servers,
    primary,
    async areReplicasWell() {
      const replicas = watcher && ((await ask(watcher, 'REPLICAS', 'yard')) as Buffer[][]);
      const saidOf = (fields: readonly string[], name: string) => fields[fields.indexOf(name) + 1];
      return (
        replicas?.every((replica) => {
          const fields = replica.map(String);
          return saidOf(fields, 'flags') === 'slave' && saidOf(fields, 'master-link-status') === 'ok';
        }) === true
      );
    },
    async switched(from) {
      await come(async () => (await primary()) !== from);
      return performance.now();
    },
    async isFollowed() {
      await come(async () => {
        const said = String(await command(await primary(), 'INFO', 'replication'));
        return /role:master/.test(said) && /state=online/.test(said);
      });
      return performance.now();
    },
    async stop() {
      for (const server of [...watchers, ...servers]) await server.stop();
    },
  };
}

/** Three nodes of a cluster, each with a third of the slots. */
export async function startCluster() {
  const nodes: OwnRedis[] = [];
  for (let n = 0; n < 3; n += 1) {
    const bus = await freePort();
    nodes.push(
      await startRedis([
        '--cluster-enabled',
        'yes',
        '--cluster-port',
        `${bus}`,
        '--cluster-node-timeout',
        '2000',
      ]),
    );
  }
  const size = Math.ceil(16_384 / nodes.length);
  for (const [index, { port }] of nodes.entries()) {
    const last = Math.min(16_383, (index + 1) * size - 1);
    await command(port, 'CLUSTER', 'ADDSLOTSRANGE', index * size, last);
    await command(port, 'CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
  }
  const [first] = nodes;
  for (const { port } of nodes.slice(1)) {
    await command(first?.port ?? 0, 'CLUSTER', 'MEET', '127.0.0.1', port, await busOf(port));
  }
  for (const { port } of nodes)
    await come(async () => {
      const state = String(await command(port, 'CLUSTER', 'INFO'));
      return state.includes('cluster_state:ok') && state.includes('cluster_known_nodes:3');
    });
  return {
    url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    nodes,
    async stop() {
      for (const node of nodes) await node.stop();
    },
  };
}

async function busOf(port: number): Promise<number> {
  const [, bus] = (await command(port, 'CONFIG', 'GET', 'cluster-port')) as Buffer[];
  return Number(bus);
}
