import { startBrowser } from '../e2e/browser.ts';
import { startSystem } from '../system/system.ts';
import { pause } from './accounting.ts';

/** How {@link soakPage} goes about it; times in seconds. */
export interface PageSoakOptions {
  /** How long the page stays open after it has settled. */
  readonly seconds?: number;
  readonly settle?: number;
  /** How far back viewers can look: what the page may hold. */
  readonly window?: number;
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

/** A page open for an hour with an event a second. Resolves to whether it held no more than allowed. */
export async function soakPage(
  print: (line: string) => void,
  { seconds = 3600, settle = 60, window = 600 }: PageSoakOptions = {},
): Promise<boolean> {
  print(
    `Page: open for ${seconds} s with an event a second, window ${window} s, after ${settle} s to settle;`,
  );
  print('  what is alive after a forced collection, as Chromium counts.');
  const flags = [
    '--event-mean',
    '1',
    '--window',
    String(window),
    '--size',
    '320x180',
    '--log-level',
    'error',
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
    for (const complaint of complaints) print(`    FAILED: ${complaint}`);
    const isFine =
      after.heap - before.heap <= MOST_HEAP &&
      after.nodes - before.nodes <= MOST_NODES &&
      after.listeners - before.listeners <= MOST_LISTENERS &&
      complaints.length === 0;
    const grown = ((after.heap - before.heap) / 1e6).toFixed(1);
    print(
      `  heap grew by ${grown} MB, nodes by ${after.nodes - before.nodes}: ${isFine ? 'within' : 'ABOVE'} what is allowed`,
    );
    return isFine;
  } finally {
    await browser.close();
    await system.stop();
  }
}

function lineOf({ heap, nodes, listeners }: Holdings): string {
  return `${(heap / 1e6).toFixed(1)} MB, ${nodes} nodes, ${listeners} listeners`;
}
