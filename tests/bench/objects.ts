import { get, type IncomingMessage } from 'node:http';
import { benchBoxes } from './boxes.ts';
import type { Advanced, ApiOrder, Filled } from './filled-api.ts';
import { median } from './median.ts';
import type { LoadOrder } from './viewers-load.ts';
import { startWorker } from './worker.ts';

const [VIEWERS, PARTS, INTERVAL, ROUNDS] = [100, 45, 0.333, 3];

/** In each of the ten frames of a part. */
const OBJECTS = 50;

/** What the API does meanwhile: nothing but media, objects that nobody looks at, and objects that all listen to. */
const WAYS = ['without', 'with objects', 'and listening'] as const;

/** CPU of the API process, in microseconds a second of each. */
type Costs = Readonly<Record<(typeof WAYS)[number], number>>;

/** What objects cost the API, with nobody who looks at them and with every viewer listening to them; then the page. */
export async function benchObjects(print: (line: string) => void): Promise<void> {
  print(
    `Objects: ${VIEWERS} low-latency viewers, parts of 75 kB every ${INTERVAL} s, ${OBJECTS} objects a frame at 30 frames/s.`,
  );
  print(
    `  CPU of the API process (with store and publisher in it) a second; medians of ${ROUNDS} rounds of ${PARTS} parts in turn`,
  );
  const api = startWorker<ApiOrder>('filled-api.js');
  const load = startWorker<LoadOrder>('viewers-load.js');
  try {
    const { port } = await api.ask<Filled>({ type: 'fill', window: 600, part: 75_000, segment: 450_000 });
    const heaps: number[] = [];
    const measure = async (listeners: number): Promise<Costs> => {
      const costs = WAYS.map((): number[] => []);
      for (let round = 0; round <= ROUNDS; round += 1) {
        for (const [at, way] of WAYS.entries()) {
          const listening = way === 'and listening' ? await listen(port, listeners) : [];
          load.send({ type: 'begin' });
          const objects = way === 'without' ? 0 : OBJECTS;
          const order = { type: 'advance', parts: PARTS, interval: INTERVAL, objects } as const;
          const { cpu, heap } = await api.ask<Advanced>(order);
          // Between rounds nothing comes, so blocked requests may give up.
          await load.ask({ type: 'end' });
          for (const listener of listening) listener.destroy();
          // The first round warms up.
          if (round > 0) costs[at]?.push(cpu / (PARTS * INTERVAL));
          if (way === 'with objects') heaps.push(heap / 2 ** 20);
        }
      }
      const [without, taken, listened] = costs.map(median) as [number, number, number];
      return { without, 'with objects': taken, 'and listening': listened };
    };
    // What comes once however many watch, and is not theirs: media and objects on their way in, and what one listener needs.
    const fixed = await measure(1);
    const playlist = '/video/bench/e1/main/media.m3u8';
    await load.ask({ type: 'viewers', port, playlist, count: VIEWERS, deltas: true });
    const all = await measure(VIEWERS);
    const added = (way: (typeof WAYS)[number]) => (all[way] - fixed[way]) / VIEWERS;
    for (const way of WAYS) {
      const ratio = (cost: number, base: number) => `${(cost / base).toFixed(2)} of that without`;
      print(
        `  ${way.padEnd(13)} fixed ${(fixed[way] / 1000).toFixed(1).padStart(4)} ms; each viewer adds ${added(way).toFixed(0).padStart(4)} µs, ${ratio(added(way), added('without'))}; all together ${ratio(all[way], all.without)}`,
      );
    }
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
          // As browsers ask.
          const headers = { 'Accept-Encoding': 'gzip, deflate, br' };
          get({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
            response.on('error', () => {});
            response.resume();
            resolve(response);
          }).on('error', reject);
        }),
    ),
  );
}
