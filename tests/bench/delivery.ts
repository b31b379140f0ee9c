import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis } from '../store/redis-server.ts';
import { freePort } from '../system/free-port.ts';
import { mediaPlaylist } from '../system/judge.ts';
import { startRole } from '../system/role.ts';
import { startSystem } from '../system/system.ts';
import { pause } from './accounting.ts';
import { delaysOf } from './deliveries.ts';
import { quantile } from './median.ts';
import type { LoadOrder } from './viewers-load.ts';
import { reportOf } from './viewers-report.ts';
import { startWorker } from './worker.ts';

const STREAM = ['--size', '640x360', '--window', '60', '--log-level', 'info'];
const VIEWERS = 5;
const ROUND_S = 10;

/** A stream to watch. */
interface Served {
  readonly url: string;
  readonly dataDir: string;
  stop(): Promise<unknown>;
}

/** From a part being published by one process to another serving it, with either engine. */
export async function benchDelivery(print: (line: string) => void, seconds = 60): Promise<void> {
  print(
    `Delivery: ${VIEWERS} low-latency viewers of an API process, parts of 0.333 s, ${seconds} s with each engine.`,
  );
  print(
    "  From the modification time of a part's file, which is written before it is published, to its last byte at a",
  );
  print(
    '  viewer. Redis: encoder and API process are on hosts of their own as far as they know, and share the disk.',
  );
  for (const [engine, start] of [
    ['map', onMap],
    ['redis', onRedis],
  ] as const) {
    const served = await start();
    const load = startWorker<LoadOrder>('viewers-load.js');
    try {
      const { uri } = await mediaPlaylist(`${served.url}/video/chessboard.m3u8`);
      const { port, pathname } = new URL(uri);
      await load.ask({ type: 'viewers', port: Number(port), playlist: pathname, count: VIEWERS });
      await pause(5);
      const delays: number[] = [];
      // In rounds: the files of parts do not stay for long.
      for (let round = 0; round < seconds / ROUND_S; round += 1) {
        load.send({ type: 'begin' });
        await pause(ROUND_S);
        const report = await reportOf(load);
        delays.push(...(await delaysOf(served.dataDir, uri, report.deliveries)).delays);
      }
      const [middle, high] = [0.5, 0.99].map((share) => quantile(delays, share).toFixed(1));
      print(`  ${engine.padEnd(6)} p50 ${middle} ms, p99 ${high} ms of ${delays.length} deliveries`);
    } finally {
      await load.stop();
      await served.stop();
    }
  }
}

async function onMap(): Promise<Served> {
  const system = await startSystem([...STREAM, '--detector', 'none']);
  await pause(10);
  return system;
}

async function onRedis(): Promise<Served> {
  const redis = await startRedis();
  const dataDir = await mkdtemp(join(tmpdir(), 'hlsstream-delivery-'));
  const port = await freePort();
  const shared = ['--store', `redis://127.0.0.1:${redis.port}`, '--data-dir', dataDir];
  const roles = [
    startRole('stream', [...shared, ...STREAM]),
    startRole('api', [...shared, '--port', `${port}`]),
  ];
  const stop = async () => {
    for (const role of roles) await role.kill();
    await redis.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    await Promise.all([roles[0]?.logged('streaming'), roles[1]?.logged('serving')]);
  } catch (error) {
    await stop();
    throw error;
  }
  await pause(10);
  return { url: `http://127.0.0.1:${port}`, dataDir, stop };
}
