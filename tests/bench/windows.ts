import type { Advanced, ApiOrder, Filled, Rendered } from './filled-api.ts';
import { median } from './median.ts';
import type { LoadOrder } from './viewers-load.ts';
import { reportOf } from './viewers-report.ts';
import { startWorker, type Worker } from './worker.ts';

const WINDOWS = [
  { name: '10 min', seconds: 600 },
  { name: '1 h', seconds: 3600 },
  { name: '12 h', seconds: 43_200 },
];
const ROUNDS = 3;
const VIEWERS = 100;
const PARTS = 40;

const HEADER = [
  ...['window', 'segments', 'delta µs', 'delta bytes', 'full µs', 'full bytes'],
  ...['µs/reload', 'bytes/reload', 'beside a break', 'bytes/reload', 'heap/segment'],
];

/** What a window of hours costs beside one of minutes: it should cost no more for each reload and segment. */
export async function benchWindows(print: (line: string) => void): Promise<void> {
  print(
    `Cost by length of the window: segments of 2 s in six parts, filled at once through the real publisher`,
  );
  print(
    `  Rendering: median of 300. Blocked reload: CPU of the API process (with store and publisher in it, gzip on)`,
  );
  print(
    `  per answer to ${VIEWERS} viewers that ask for deltas, median of ${ROUNDS} x ${PARTS} parts. Memory: heap after a collection.`,
  );
  print(`  Beside a break: a discontinuity lies in what a delta update would skip (--delta-updates auto).`);
  print(`  ${HEADER.map((name) => name.padStart(14)).join('')}`);
  for (const { name, seconds } of WINDOWS) {
    const api = startWorker<ApiOrder>('filled-api.js');
    const load = startWorker<LoadOrder>('viewers-load.js');
    try {
      const filled = await api.ask<Filled>({ type: 'fill', window: seconds, part: 75_000, segment: 450_000 });
      const { delta, full } = await api.ask<Rendered>({ type: 'render' });
      const playlist = '/video/bench/e1/main/media.m3u8';
      await load.ask({
        type: 'viewers',
        port: filled.port,
        playlist,
        count: VIEWERS,
        deltas: true,
        parts: false,
      });
      const plain = await reloads(api, load);
      await api.ask({ type: 'break' });
      const broken = await reloads(api, load);
      const row = [
        ...[name, filled.segments, delta.time.toFixed(0), delta.bytes, full.time.toFixed(0), full.bytes],
        ...[plain.cost.toFixed(0), plain.bytes.toFixed(0), broken.cost.toFixed(0), broken.bytes.toFixed(0)],
        (filled.heap / filled.segments).toFixed(0),
      ];
      print(`  ${row.map((cell) => String(cell).padStart(14)).join('')}`);
    } finally {
      await Promise.all([api.stop(), load.stop()]);
    }
  }
}

/** CPU of the API process for each blocked reload, in microseconds, and the bytes of its body as they were sent. */
async function reloads(
  api: Worker<ApiOrder>,
  load: Worker<LoadOrder>,
): Promise<{ cost: number; bytes: number }> {
  const costs: number[] = [];
  let bytes = 0;
  for (let round = 0; round <= ROUNDS; round += 1) {
    load.send({ type: 'begin' });
    const { cpu } = await api.ask<Advanced>({ type: 'advance', parts: PARTS, interval: 0.05 });
    const report = await reportOf(load);
    bytes = report.playlistBytes / report.playlists;
    // The first round warms up.
    if (round > 0) costs.push(cpu / report.playlists);
  }
  return { cost: median(costs), bytes };
}
