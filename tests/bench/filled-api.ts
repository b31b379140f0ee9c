import { type ApiOptions, createApi } from '../../src/api/api.ts';
import { listen } from '../../src/api/server/connections.ts';
import { renderMediaPlaylist } from '../../src/hls/media-playlist.ts';
import { objectsLogName } from '../../src/hls/objects-log.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import { pause } from './accounting.ts';
import { FastPackager, sameMedia } from './fast-packager.ts';
import { median } from './median.ts';

/** A process with a real API over a stream that is full at once, told what to do over IPC. */

/** What this process is told; each is answered once. */
export type ApiOrder =
  /** Fill a window of so many seconds and listen; sizes in bytes. Answered with {@link Filled}. */
  | {
      readonly type: 'fill';
      readonly window: number;
      readonly part: number;
      readonly segment: number;
      /** Who may read; all if undefined. */
      readonly readers?: ApiOptions['readers'];
    }
  /** Render the playlist often. Answered with {@link Rendered}. */
  | { readonly type: 'render' }
  /** A discontinuity, which soon lies in what delta updates would skip. Answered with `true`. */
  | { readonly type: 'break' }
  /** Announce so many parts, one each `interval` seconds. Answered with {@link Advanced}. */
  | {
      readonly type: 'advance';
      readonly parts: number;
      readonly interval: number;
      /** In each of the ten frames of a part. @default 0 */
      readonly objects?: number;
    };

/** A stream is served at `http://127.0.0.1:<port>/video/bench/e1/main/`. */
export interface Filled {
  readonly port: number;
  readonly segments: number;
  /** MSN of the newest closed segment. */
  readonly lastSegment: number;
  /** What the heap grew by, in bytes: the store's log and what the API folded of it. */
  readonly heap: number;
}

/** Median time to render, in microseconds, and length in bytes. */
export interface Rendered {
  readonly delta: { readonly time: number; readonly bytes: number };
  readonly full: { readonly time: number; readonly bytes: number };
}

/** CPU that the process used meanwhile, in microseconds. */
export interface Advanced {
  readonly cpu: number;
  /** Heap in use afterwards, in bytes. */
  readonly heap: number;
}

function heapUsed(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().heapUsed;
}

const store = new MemoryStore();
let packager: FastPackager | undefined;
let api: ReturnType<typeof createApi> | undefined;

async function fill(order: Extract<ApiOrder, { type: 'fill' }>): Promise<Filled> {
  const serving = createApi({
    ...{ store, storage: sameMedia(order.part, order.segment), defaultName: 'bench', webFolder: '/nowhere' },
    ...{ failed: (error: unknown) => console.error(error), readers: order.readers },
  });
  api = serving;
  const port = await listen(serving.server, '127.0.0.1', 0);
  const filling = new FastPackager(store, order.window);
  packager = filling;
  await pause(0.5);
  const before = heapUsed();
  await filling.fill();
  while (serving.live.stream('bench')?.state?.nextMsn !== filling.lastSegment + 1) await pause(0.02);
  await pause(0.2);
  const heap = heapUsed() - before;
  const segments = serving.live.stream('bench')?.state?.segments.length ?? 0;
  return { port, segments, lastSegment: filling.lastSegment, heap };
}

function render(): Rendered {
  const state = api?.live.stream('bench')?.state;
  if (state === undefined) throw new Error('nothing is filled');
  const time = (skip: 'YES' | undefined) => {
    const times: number[] = [];
    let text = '';
    for (let round = 0; round < 300; round += 1) {
      const began = performance.now();
      text = renderMediaPlaylist(state, { dateRanges: [], deltaUpdates: true, skip });
      // The lines are joined lazily: what counts is the bytes that are sent.
      Buffer.from(text);
      times.push((performance.now() - began) * 1000);
    }
    return { time: median(times), bytes: Buffer.byteLength(text) };
  };
  return { delta: time('YES'), full: time(undefined) };
}

const LOG = objectsLogName('bench');
const cursors: string[] = [];

const texts = new Map<number, readonly string[]>();

/** What so many frames show that many objects move through, made once: it is not the API's to make it. */
function textsOf(count: number): readonly string[] {
  const share = (from: number, to: number) => Number((from + Math.random() * (to - from)).toFixed(5));
  const object = (track: number) => ({
    ...{ label: 'person', score: share(0.5, 1), track: String(track), class: 'person' },
    box: [share(0, 0.8), share(0, 0.8), share(0.02, 0.2), share(0.02, 0.2)],
  });
  const made =
    texts.get(count) ??
    Array.from({ length: 97 }, () => JSON.stringify(Array.from({ length: count }, (_, at) => object(at))));
  texts.set(count, made);
  return made;
}

/** Says what the frames of the next part show; what is older than two segments goes, as if it were in files. */
async function sayObjects(count: number, { pts, lastSegment }: FastPackager): Promise<void> {
  const shown = textsOf(count);
  const frames = Array.from({ length: 10 }, (_, at) => ({
    pts: pts + at * 33_333,
    source: 'bench',
    objects: shown[(Math.round(pts / 33_333) + at) % shown.length] ?? '[]',
  }));
  cursors.push(await store.append(LOG, { type: 'frames', frames }, { ephemeral: true }));
  const before = pts - 4_000_000;
  const facts = { epoch: 'e1', msn: lastSegment - 2, before, any: true, some: true };
  if (cursors.length % 6 !== 0) return;
  for (const type of ['closed', 'written']) await store.append(LOG, { type, ...facts }, { ephemeral: true });
  const [oldest] = cursors.splice(0, Math.max(0, cursors.length - 24));
  if (oldest !== undefined && cursors[0] !== undefined) await store.trim(LOG, cursors[0]);
}

async function advance({
  parts,
  interval,
  objects = 0,
}: Extract<ApiOrder, { type: 'advance' }>): Promise<Advanced> {
  const before = process.cpuUsage();
  for (let count = 0; count < parts; count += 1) {
    if (packager !== undefined && objects > 0) await sayObjects(objects, packager);
    await packager?.addPart();
    await pause(interval);
  }
  const { user, system } = process.cpuUsage(before);
  return { cpu: user + system, heap: heapUsed() };
}

async function carryOut(order: ApiOrder): Promise<Filled | Rendered | Advanced | true> {
  if (order.type === 'fill') return fill(order);
  if (order.type === 'render') return render();
  if (order.type === 'advance') return advance(order);
  await packager?.breakOff();
  return true;
}

process.on('message', (order: ApiOrder) => {
  void carryOut(order).then((answer) => process.send?.(answer));
});
process.on('disconnect', () => process.exit());
