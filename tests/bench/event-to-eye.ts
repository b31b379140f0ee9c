import { SseClient } from '../api/sse-client.ts';
import { startBrowser } from '../e2e/browser.ts';
import { startSystem } from '../system/system.ts';
import { pause } from './accounting.ts';
import { median, quantile } from './median.ts';

/** How {@link benchEventToEye} measures. */
export interface EventToEyeOptions {
  /** How long events are watched, in seconds. */
  readonly seconds?: number;
  /** Mean time between two events, in seconds. */
  readonly eventMean?: number;
}

/** When a row was seen, by marker id: milliseconds since the Unix epoch. */
type Sightings = Readonly<Record<string, number>>;

/**
 * Notes when each new row is in a repainted page. Rows are used again, but each goes into the table anew for
 * another marker. As text: it runs in the page.
 */
const WATCH_ROWS = `{
  const seen = window.rowsSeen = {};
  const body = document.querySelector('#table');
  for (const row of body.children) seen[row.dataset.id] = 0;
  new MutationObserver(() => requestAnimationFrame(() => {
    const now = Date.now();
    for (const row of body.children) seen[row.dataset.id] ??= now;
  })).observe(body, { childList: true });
}`;

/** From the first frame of an event being drawn to its row in the page, with the whole system and a real browser. */
export async function benchEventToEye(
  print: (line: string) => void,
  { seconds = 60, eventMean = 0.5 }: EventToEyeOptions = {},
): Promise<void> {
  print(
    'Event to eye: from a frame being drawn (its date) to the row of the event that begins with it being',
  );
  print(
    `  painted in headless Chromium, ${seconds} s, an event every ${eventMean} s on average, 640x360, 30 frames/s; page, encoder,`,
  );
  print('  detector and server share the machine. Beside it: when a bare client of the event stream has it.');
  const system = await startSystem(['--event-mean', String(eventMean), '--log-level', 'error']);
  const browser = await startBrowser();
  try {
    const { page } = await browser.open(system.url);
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length > 2);
    const arrivals = new Map<string, number>();
    const drawn = new Map<string, number>();
    const client = await SseClient.open(Number(new URL(system.url).port), '/markers/events');
    await page.evaluate(WATCH_ROWS);
    const begin = Date.now() + 10_000;
    let taken = client.events.length;
    const note = setInterval(() => {
      const now = Date.now();
      for (; taken < client.events.length; taken += 1) {
        for (const { op, marker } of client.events[taken]?.data.changes ?? []) {
          if (op !== 'open' || arrivals.has(marker.id)) continue;
          arrivals.set(marker.id, now);
          drawn.set(marker.id, Date.parse(marker.date));
        }
      }
    }, 2);
    await pause(10 + seconds);
    clearInterval(note);
    client.close();
    const sightings = await page.evaluate<Sightings>('window.rowsSeen');
    const wanted = [...drawn].filter(([, date]) => date > begin && date < Date.now() - 2000);
    const missed = wanted.filter(([id]) => !sightings[id]);
    const eyes = wanted.filter(([id]) => sightings[id]).map(([id, date]) => (sightings[id] ?? 0) - date);
    const wires = wanted.map(([id, date]) => (arrivals.get(id) ?? Number.NaN) - date);
    print(`  row painted:   ${line(eyes)}${missed.length > 0 ? `; ${missed.length} never seen` : ''}`);
    print(`  event arrives: ${line(wires)}`);
  } finally {
    await browser.close();
    await system.stop();
  }
}

function line(figures: readonly number[]): string {
  const [middle, high] = [median(figures), quantile(figures, 0.99)].map((figure) => figure.toFixed(0));
  return `median ${middle} ms, p99 ${high} ms of ${figures.length} events`;
}
