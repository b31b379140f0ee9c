import type { Kept, KeptOrder } from './kept-api.ts';
import { median } from './median.ts';
import { startWorker } from './worker.ts';

const SPANS = [
  { name: '0', seconds: 0 },
  { name: '1 h', seconds: 3600 },
  { name: '1 d', seconds: 86_400 },
  { name: '7 d', seconds: 604_800 },
];
const PLAYLISTS = 40;

/** What it costs an API process that days are kept: it should cost no more than that nothing is. */
export async function benchRetention(print: (line: string) => void): Promise<void> {
  print(
    'Kept beyond a window of 10 min: segments of 2 s, the index written at once, the store in the same process',
  );
  print(
    `  Heap after a collection, beyond that of the window in the store; playlists of an hour anywhere, over HTTP, median of ${PLAYLISTS}.`,
  );
  const header = [
    'kept',
    'segments',
    'pages',
    'start ms',
    'heap kB',
    'ratio',
    'bytes/segment',
    'an hour ms',
    'worst ms',
    'ratio',
  ];
  print(`  ${header.map((name) => name.padStart(13)).join('')}`);
  let base: Kept | undefined;
  let hour: number | undefined;
  for (const { name, seconds } of SPANS) {
    const worker = startWorker<KeptOrder>('kept-api.js');
    try {
      const kept = await worker.ask<Kept>({ seconds, playlists: PLAYLISTS });
      base ??= kept;
      const typical = median([...kept.playlists]);
      if (seconds > 0) hour ??= typical;
      const row = [
        ...[name, kept.segments, kept.pages, kept.start.toFixed(0), (kept.heap / 1000).toFixed(0)],
        (kept.heap / base.heap).toFixed(2),
        kept.segments === 0 ? '' : ((kept.heap - base.heap) / kept.segments).toFixed(1),
        ...[
          typical.toFixed(1),
          Math.max(...kept.playlists).toFixed(1),
          hour === undefined ? '' : (typical / hour).toFixed(2),
        ],
      ];
      print(`  ${row.map((cell) => String(cell).padStart(13)).join('')}`);
    } finally {
      await worker.stop();
    }
  }
}
