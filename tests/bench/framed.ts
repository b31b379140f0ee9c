import type { ReadOrder } from './framed-reader.ts';
import { median, quantile } from './median.ts';
import { startWorker } from './worker.ts';

/*
 * Method: another process writes the same pictures of 1280x720 rgb24 into a pipe as fast as they are taken: as they are,
 * with a line of JSON before each that has its time, and with one that also has ten boxes and, each ten frames, a marker.
 * Three processes read them, in turns of a few frames: a shared machine is faster in one second than in the next, by more
 * than they differ, so that only what is next to each other can be compared. Nothing is encoded: the ratio shows the
 * reading alone and not what is far dearer. The first frames are not counted, for code is compiled and the heap grows then.
 */

const [TURNS, FRAMES, FIRST] = [200, 20, 100];
const size = { width: 1280, height: 720 };
const kinds = {
  unframed: 'no lines',
  timed: 'lines with a time',
  told: 'lines with a time, boxes and markers',
};

/** Frames with lines beside frames without, turn by turn in one run. */
export async function benchFramed(print: (line: string) => void): Promise<void> {
  print(`Raw ${size.width}x${size.height} rgb24 through a pipe; ${TURNS} turns of ${FRAMES} frames, medians`);
  const ways = Object.entries(kinds).map(([kind, name]) => ({
    ...{ kind: kind as keyof typeof kinds, name, rates: [] as number[] },
    reader: startWorker<ReadOrder>('framed-reader.js'),
  }));
  try {
    for (const { kind, reader } of ways) await reader.ask({ frames: FIRST, open: { kind, ...size } });
    for (let turn = 0; turn < TURNS; turn += 1) {
      for (const { reader, rates } of turn % 2 === 0 ? ways : ways.toReversed())
        rates.push((FRAMES * 1000) / (await reader.ask<number>({ frames: FRAMES })));
    }
  } finally {
    await Promise.all(ways.map(({ reader }) => reader.stop()));
  }
  const unframed = ways[0]?.rates ?? [];
  for (const { name, rates } of ways) {
    const ratios = rates.map((rate, turn) => rate / (unframed[turn] ?? Number.NaN));
    const [low, middle, high] = [quantile(ratios, 0.25), median(ratios), quantile(ratios, 0.75)];
    print(
      `  ${name}: ${median(rates).toFixed(0)} frames/s, ratio ${middle.toFixed(2)} (half of the turns ${low.toFixed(2)} to ${high.toFixed(2)})`,
    );
  }
}
