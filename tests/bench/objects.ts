import { get, type IncomingMessage } from 'node:http';
import { benchBoxes } from './boxes.ts';
import type { Advanced, ApiOrder, Filled } from './filled-api.ts';
import { median } from './median.ts';
import type { LoadOrder } from './viewers-load.ts';
import { startWorker } from './worker.ts';

const [VIEWERS, PARTS, ROUNDS] = [100, 45, 3];

/** 50 objects in each of the ten frames of a part. */
const OBJECTS = 50;

/** What objects cost the API, with nobody who looks at them and with every viewer listening to them; then the page. */
export async function benchObjects(print: (line: string) => void): Promise<void> {
  print(
    `Objects: ${VIEWERS} low-latency viewers, parts of 75 kB every 0.333 s, ${OBJECTS} objects a frame at 30 frames/s.`,
  );
  print(
    `  CPU of the API process (with store and publisher in it) a second and viewer; medians of ${ROUNDS} rounds of ${PARTS} parts in turn`,
  );
  const api = startWorker<ApiOrder>('filled-api.js');
  const load = startWorker<LoadOrder>('viewers-load.js');
  try {
    const filled = await api.ask<Filled>({ type: 'fill', window: 600, part: 75_000, segment: 450_000 });
    const { port } = filled;
    const playlist = '/video/bench/e1/main/media.m3u8';
    await load.ask({ type: 'viewers', port, playlist, count: VIEWERS, deltas: true });
    const costs = {
      without: [] as number[],
      'with objects': [] as number[],
      'and all listen': [] as number[],
    };
    const heaps: number[] = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const [name, list] of Object.entries(costs)) {
        const listeners = name === 'and all listen' ? await listen(port, VIEWERS) : [];
        load.send({ type: 'begin' });
        const objects = name === 'without' ? 0 : OBJECTS;
        const { cpu, heap } = await api.ask<Advanced>({
          type: 'advance',
          parts: PARTS,
          interval: 0.333,
          objects,
        });
        // Between rounds nothing comes, so blocked requests may give up.
        await load.ask({ type: 'end' });
        for (const listener of listeners) listener.destroy();
        // The first round warms up.
        if (round > 0) list.push(cpu / (PARTS * 0.333) / VIEWERS);
        if (name === 'with objects') heaps.push(heap / 2 ** 20);
      }
    }
    const base = median(costs.without);
    for (const [name, list] of Object.entries(costs))
      print(
        `  ${name.padEnd(16)} ${median(list).toFixed(0).padStart(4)} µs, ${(median(list) / base).toFixed(2)} of that without`,
      );
    print(`  heap after each round with objects: ${heaps.map((heap) => heap.toFixed(0)).join(', ')} MiB`);
  } finally {
    await Promise.all([api.stop(), load.stop()]);
  }
  await benchBoxes(print);
}

function listen(port: number, count: number): Promise<IncomingMessage[]> {
  const path = '/streams/bench/objects/events';
  return Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<IncomingMessage>((resolve, reject) => {
          get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
            response.on('error', () => {});
            response.resume();
            resolve(response);
          }).on('error', reject);
        }),
    ),
  );
}
