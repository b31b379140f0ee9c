import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBrowser } from '../e2e/browser.ts';
import { startSystem } from '../system/system.ts';
import { pause } from './accounting.ts';

/** How {@link soakPage} goes about it; times in seconds. */
export interface PageSoakOptions {
  /** How long the page stays open after it has settled. */
  readonly seconds?: number | undefined;
  readonly settle?: number;
  /** How far back viewers can look: what the page may hold. */
  readonly window?: number;
  /** How many boxes each of 30 frames a second has. @default 0 */
  readonly boxes?: number;
}

/** What the page holds after everything unreachable was collected, as Chromium counts. */
interface Holdings {
  /** Bytes of JavaScript objects. */
  readonly heap: number;
  /** Nodes of the document, and those outside of it that something still holds. */
  readonly nodes: number;
  readonly listeners: number;
}

const MOST_HEAP = 20e6;
/** A row more or a chip more is no leak. */
const MOST_NODES = 300;
const MOST_LISTENERS = 60;

/** Whether anything is painted over the picture. */
const ARE_PAINTED = `(() => {
  const [canvas] = [...document.querySelectorAll('.overlay canvas')].slice(-1);
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return data.some((value, at) => at % 4 === 3 && value > 0);
})()`;

/** A detector that gives each picture so many boxes, every one somewhere else. */
const boxesModule = (count: number) => `let frame = 0;
export default () => ({
  name: 'boxes',
  look() {
    frame += 1;
    const objects = Array.from({ length: ${count} }, (_, at) => ({
      label: 'thing ' + (at % 7), score: 0.5 + at / 200, track: String(at),
      box: [((at * 7 + frame) % 90) / 100, ((at * 13 + frame) % 80) / 100, 0.1, 0.2],
    }));
    return { objects };
  },
});
`;

/**
 * A page open for an hour with an event a second, and with boxes if wanted. Resolves to whether it held no more than
 * allowed, and drew to the end.
 */
export async function soakPage(
  print: (line: string) => void,
  { seconds = 3600, settle = 60, window = 600, boxes = 0 }: PageSoakOptions = {},
): Promise<boolean> {
  print(
    `Page: open for ${seconds} s with an event a second${boxes > 0 ? `, ${boxes} boxes a frame` : ''}, window ${window} s, after ${settle} s to settle;`,
  );
  print('  what is alive after a forced collection, as Chromium counts.');
  const folder = await mkdtemp(join(tmpdir(), 'soak-'));
  const detector = join(folder, 'boxes.mjs');
  await writeFile(detector, boxesModule(boxes));
  const flags = [
    '--event-mean',
    '1',
    '--window',
    String(window),
    '--size',
    '320x180',
    '--log-level',
    'error',
    ...(boxes > 0 ? ['--detector', 'mint-square', '--detector', detector, '--detector-fps', '30'] : []),
  ];
  const system = await startSystem(flags);
  const browser = await startBrowser();
  try {
    const { page, complaints } = await browser.open(system.url);
    const protocol = await browser.context.newCDPSession(page);
    await protocol.send('Performance.enable');
    const weigh = async (): Promise<Holdings> => {
      // What one collection sets free may hold more.
      for (let round = 0; round < 3; round += 1) await protocol.send('HeapProfiler.collectGarbage');
      const { metrics } = await protocol.send('Performance.getMetrics');
      const read = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
      return { heap: read('JSHeapUsedSize'), nodes: read('Nodes'), listeners: read('JSEventListeners') };
    };
    const events = () => page.evaluate<number>('hlsstream.markers().length');
    if (boxes > 0) await page.locator('.overlay canvas').last().waitFor();
    await pause(settle);
    const before = await weigh();
    print(`  at first:    ${lineOf(before)}, ${await events()} events`);
    const step = Math.min(600, seconds / 3);
    let after = before;
    for (let passed = step; passed <= seconds + 1; passed += step) {
      await pause(step);
      after = await weigh();
      print(
        `  after ${String(Math.round(passed)).padStart(4)} s: ${lineOf(after)}, ${await events()} events`,
      );
    }
    const draws = boxes === 0 || (await page.evaluate<boolean>(ARE_PAINTED));
    if (!draws) print('    FAILED: no box is painted any more');
    for (const complaint of complaints) print(`    FAILED: ${complaint}`);
    const isFine =
      after.heap - before.heap <= MOST_HEAP &&
      after.nodes - before.nodes <= MOST_NODES &&
      after.listeners - before.listeners <= MOST_LISTENERS &&
      complaints.length === 0 &&
      draws;
    const grown = ((after.heap - before.heap) / 1e6).toFixed(1);
    print(
      `  heap grew by ${grown} MB, nodes by ${after.nodes - before.nodes}: ${isFine ? 'within' : 'ABOVE'} what is allowed`,
    );
    return isFine;
  } finally {
    await browser.close();
    await system.stop();
    await rm(folder, { recursive: true });
  }
}

function lineOf({ heap, nodes, listeners }: Holdings): string {
  return `${(heap / 1e6).toFixed(1)} MB, ${nodes} nodes, ${listeners} listeners`;
}
