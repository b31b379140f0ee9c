import { startBrowser } from '../e2e/browser.ts';
import { type PlayerName, servePlayers } from '../e2e/player-pages.ts';
import { openWatched, readWatched, type Watched } from '../e2e/watched-page.ts';
import { startSystem } from '../system/system.ts';
import { pause } from './accounting.ts';
import { median, quantile } from './median.ts';

/** How {@link benchLatency} measures. */
export interface LatencyOptions {
  readonly players?: readonly PlayerName[];
  /** Lengths of a part in seconds; undefined is the default. */
  readonly parts?: readonly (number | undefined)[];
  /** How long each player is watched after the first 15 s, in seconds. */
  readonly seconds?: number;
  /** Page loads for the time of the first frame. */
  readonly loads?: number;
}

/** Samples are taken from here on, in seconds since the page was opened: playback has found its distance. */
const SETTLED = 15;

/** A browser that has just been launched is busy with itself for so long, in seconds. */
const STARTED = 3;

/** From a frame being drawn to its being seen in Chromium, by the clock in its own pixels. */
export async function benchLatency(
  print: (line: string) => void,
  options: LatencyOptions = {},
): Promise<void> {
  const { players = ['viewer', 'hls.js'], parts = [0.2, undefined], seconds = 40, loads = 10 } = options;
  print(
    'Latency: the clock strip drawn into a frame, read back from the pixels of the video in headless Chromium in',
  );
  print(
    `  requestVideoFrameCallback, every sixth frame, from ${SETTLED} s after the page was opened, for ${seconds} s; 640x360, 30`,
  );
  print(
    '  frames/s; server, encoder and browser (decoding and drawing in software) share the machine. Stalls: "waiting"',
  );
  print(
    `  outside of seeks after the first frame. First frame: since the navigation began, median of ${loads} loads, each in a`,
  );
  print(
    `  new browser with nothing in its cache, once that has been left alone for ${STARTED} s to start up.`,
  );
  const pages = await servePlayers();
  try {
    for (const part of parts) {
      const flags = ['--clock-strip', '--cors-origin', '*', '--log-level', 'warn'];
      const system = await startSystem(part === undefined ? flags : [...flags, '--part', String(part)]);
      try {
        // No page comes to a stream that has just begun: the window has some segments.
        await pause(10);
        for (const player of players) {
          const url = pages.urlOf(player, system.url, part ?? 0.333);
          const firsts: number[] = [];
          for (let load = 0; load < loads - 1; load += 1) {
            const { firstFrame } = await watch(url, 4);
            firsts.push(firstFrame ?? Number.POSITIVE_INFINITY);
          }
          const watched = await watch(url, SETTLED + seconds);
          firsts.push(watched.firstFrame ?? Number.POSITIVE_INFINITY);
          print(`  ${player.padEnd(9)} parts of ${part ?? 0.333} s: ${lineOf(watched, firsts)}`);
          for (const error of watched.errors) print(`    FAILED: ${error}`);
        }
      } finally {
        await system.stop();
      }
    }
  } finally {
    await pages.stop();
  }
}

function lineOf({ samples, stalls }: Watched, firsts: readonly number[]): string {
  const ages = samples.filter(({ at }) => at >= SETTLED).map(({ age }) => age);
  return [
    `median ${median(ages).toFixed(3)} s, p99 ${quantile(ages, 0.99).toFixed(3)} s of ${ages.length} samples`,
    `${stalls.filter((at) => at >= SETTLED).length} stalls (${stalls.length} with the first ${SETTLED} s)`,
    `first frame ${median(firsts).toFixed(2)} s`,
  ].join(', ');
}

async function watch(url: string, seconds: number): Promise<Watched> {
  const browser = await startBrowser();
  try {
    await pause(STARTED);
    const page = await openWatched(browser.context, url);
    await pause(seconds);
    return await readWatched(page);
  } finally {
    await browser.close();
  }
}
