import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApi } from '../../src/api/api.ts';
import { caughtUp } from '../../src/api/live/caught-up.ts';
import { listen } from '../../src/api/server/connections.ts';
import type { SegmentEntry } from '../../src/hls/playlist-log.ts';
import { retainedLogName } from '../../src/hls/retained-log.ts';
import { describePage, LARGEST_PAGE, pageFile, pageText, retained } from '../../src/hls/retained-page.ts';
import { DiskStorage } from '../../src/storage/disk.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import { pause } from './accounting.ts';
import { FastPackager } from './fast-packager.ts';

/** A process with a real API over a stream of which hours or days are kept, whose pages were written at once. */

/** What this process is told: so many seconds are kept beyond a window of ten minutes. Answered with {@link Kept}. */
export interface KeptOrder {
  readonly seconds: number;
  /** How many playlists of an hour are asked for. */
  readonly playlists: number;
}

/** What it cost; times in milliseconds, heap in bytes. */
export interface Kept {
  readonly segments: number;
  readonly pages: number;
  readonly start: number;
  readonly heap: number;
  /** Each of another hour. */
  readonly playlists: readonly number[];
  /** Media Segments in the last of them. */
  readonly listed: number;
}

const SEGMENT = 2_000_000;
const WINDOW = 600;

function heapUsed(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().heapUsed;
}

async function measure({ seconds, playlists }: KeptOrder): Promise<Kept> {
  const folder = await mkdtemp(join(tmpdir(), 'hlsstream-kept-'));
  const storage = new DiskStorage(folder);
  const store = new MemoryStore();
  const packager = new FastPackager(store, WINDOW);
  await packager.fill();
  const { stream, segments } = packager.state;
  const [began] = segments;
  if (began === undefined) throw new Error('nothing is filled');
  // What is kept ends where the list begins.
  const before = heapUsed();
  const count = Math.floor((seconds * 1e6) / SEGMENT);
  let pages = 0;
  for (let at = 0; at < count; at += LARGEST_PAGE) {
    const some = Array.from({ length: Math.min(LARGEST_PAGE, count - at) }, (_, index) => {
      const msn = at + index;
      const early = (count - msn) * SEGMENT;
      const entry: SegmentEntry = {
        ...{ type: 'segment', msn, pts: began.pts - early, date: began.date - early, duration: SEGMENT },
        ...{ run: '0', bytes: 450_000, discontinuity: false, discontinuitySequence: 0, parts: [] },
      };
      return retained(entry, 'e0');
    });
    const page = describePage(some, stream);
    if (page === undefined) continue;
    await storage.write(pageFile(stream.name, 'e0', page.first), [Buffer.from(pageText(some))]);
    await store.append(retainedLogName(stream.name), page);
    pages += 1;
  }
  const started = performance.now();
  const api = createApi({
    ...{ store, storage, defaultName: stream.name, webFolder: '/nowhere', processMetrics: false },
    failed: (error: unknown) => console.error(error),
  });
  await caughtUp(api.live, store, AbortSignal.timeout(60_000));
  const own = () => api.live.stream(stream.name)?.retained.state.pages.length;
  while (own() !== pages) await pause(0.001);
  const start = performance.now() - started;
  const port = await listen(api.server, '127.0.0.1', 0);
  await pause(0.5);
  const heap = heapUsed() - before;
  const times: number[] = [];
  let listed = 0;
  const reach = Math.max(seconds, WINDOW);
  for (let index = 0; index < playlists; index += 1) {
    const from = Math.floor(began.date / 1e6) - reach + Math.floor(((reach - 600) * index) / playlists);
    const asked = performance.now();
    const url = `http://127.0.0.1:${port}/video/${stream.name}.m3u8?start=${from}&end=${from + 3600}`;
    const text = await (await fetch(url)).text();
    times.push(performance.now() - asked);
    listed = text.match(/#EXTINF/g)?.length ?? 0;
  }
  await api.close();
  await rm(folder, { recursive: true });
  return { segments: count, pages, start, heap, playlists: times, listed };
}

process.on('message', (order: KeptOrder) => {
  void measure(order).then((answer) => process.send?.(answer));
});
process.on('disconnect', () => process.exit());
