import { Redis } from 'ioredis';
import { mediaPlaylist } from '../system/judge.ts';
import { startSeveralHosts } from '../system/several-hosts.ts';
import { cpuSeconds, pause } from './accounting.ts';
import type { LoadOrder, LoadWord } from './viewers-load.ts';
import { reportOf } from './viewers-report.ts';
import { startWorker } from './worker.ts';

/** What passes through Redis, by its own count. */
interface Traffic {
  readonly commands: number;
  /** Bytes that Redis sent. */
  readonly sent: number;
}

/** What API hosts and their viewers cost Redis: its traffic should grow with the hosts and not with the viewers. */
export async function benchHosts(print: (line: string) => void, seconds = 30): Promise<void> {
  print(
    `Hosts: API processes that share nothing but Redis (store and media), viewers spread evenly, ${seconds} s each.`,
  );
  print(
    '  Two encoders and two detectors run as well, one of each stands by; 640x360, parts of 0.333 s. What Redis',
  );
  print('  sends and does in all, by INFO; CPU by /proc.');
  print('  hosts  viewers   commands/s   sent kB/s   Redis CPU   CPU of a host   µs per viewer-second');
  for (const apis of [1, 3]) {
    const hosts = await startSeveralHosts({
      apis,
      media: 'redis',
      stream: ['--size', '640x360', '--window', '60'],
    });
    const client = new Redis({ host: '127.0.0.1', port: hosts.redis.port });
    const loads = hosts.roles.apis.map(() => startWorker<LoadOrder>('viewers-load.js'));
    try {
      await pause(8);
      for (const viewers of [0, 90, 300]) {
        await Promise.all(
          loads.map(async (load, at) => {
            const origin = hosts.origins[at] ?? '';
            const { uri } = await mediaPlaylist(`${origin}/video/board.m3u8`);
            const { port, pathname } = new URL(uri);
            const count = Math.round(viewers / apis);
            await load.ask<LoadWord>({ type: 'viewers', port: Number(port), playlist: pathname, count });
          }),
        );
        await pause(5);
        const cpu = () =>
          Promise.all([hosts.redis.pid, ...hosts.roles.apis.map(({ pid }) => pid)].map(cpuSeconds));
        for (const load of loads) load.send({ type: 'begin' });
        const [trafficBefore, cpuBefore] = [await traffic(client), await cpu()];
        await pause(seconds);
        const [trafficAfter, cpuAfter] = [await traffic(client), await cpu()];
        for (const load of loads) {
          await reportOf(load);
        }
        const [redisCpu = 0, ...apiCpu] = cpuAfter.map(
          (after, at) => (after - (cpuBefore[at] ?? 0)) / seconds,
        );
        const apiSum = apiCpu.reduce((sum, one) => sum + one, 0);
        const row = [
          ...[String(apis).padStart(5), String(viewers).padStart(8)],
          ((trafficAfter.commands - trafficBefore.commands) / seconds).toFixed(0).padStart(12),
          ((trafficAfter.sent - trafficBefore.sent) / seconds / 1000).toFixed(0).padStart(11),
          `${(redisCpu * 100).toFixed(1)} %`.padStart(11),
          `${((apiSum / apis) * 100).toFixed(1)} %`.padStart(15),
          (viewers === 0 ? '-' : ((apiSum * 1e6) / viewers).toFixed(0)).padStart(22),
        ];
        print(`  ${row.join(' ')}`);
      }
    } finally {
      client.disconnect();
      for (const load of loads) await load.stop();
      await hosts.stop();
    }
  }
}

async function traffic(client: Redis): Promise<Traffic> {
  const info = await client.info('stats');
  const read = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]);
  return { commands: read('total_commands_processed'), sent: read('total_net_output_bytes') };
}
