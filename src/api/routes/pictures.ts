import type Router from '@koa/router';
import { LRUCache } from 'lru-cache';
import { fromMilliseconds, type Microseconds, type Milliseconds, toMilliseconds } from '../../clock.ts';
import { HlsStreamError } from '../../errors.ts';
import {
  sheetFile,
  type ThumbnailLayoutEntry,
  type ThumbnailState,
  thumbnailFolder,
} from '../../hls/thumbnail-log.ts';
import type { Storage } from '../../storage/storage.ts';
import { type Operation, problem } from '../http/operation.ts';
import type { LiveStream } from '../live/live-stream.ts';
import { readTime } from './marker-parameters.ts';
import type { StreamOf } from './stream-of.ts';

/** How long a picture is waited for that is not made yet, and how often it is looked for. */
const [TIMEOUT, LOOK]: readonly [Milliseconds, Milliseconds] = [6000, 200];

/** How many requests may wait for pictures at once, in each process; more get 503. */
const AT_ONCE = 64;

/** Pictures kept: a receiver and those it tells fetch the same one. */
const KEPT = 64;

/** Where a picture lies. */
interface Tile {
  readonly pts: Microseconds;
  readonly layout: ThumbnailLayoutEntry;
  readonly sheet: number;
  /** Place on the sheet, and how many there are on it. */
  readonly index: number;
  readonly tiles: number;
}

/** What {@link pictureRoutes} needs. */
export interface PictureRoutesOptions {
  readonly streamOf: StreamOf;
  readonly storage: Storage;
}

/** Adds `/streams/:name/picture.jpg`: one thumbnail by itself, for those who cannot cut it out of a sheet. */
export function pictureRoutes(router: Router, { streamOf, storage }: PictureRoutesOptions): void {
  const cutter = new TileCutter(storage);
  let underWay = 0;
  router.get('/streams/:name/picture.jpg', async (ctx) => {
    const stream = streamOf(ctx);
    const time = readTime(new URLSearchParams(ctx.querystring), 'time');
    if (underWay >= AT_ONCE)
      throw new HlsStreamError('TOO_MANY_REQUESTS', `${AT_ONCE} pictures are waited for already; try again`);
    underWay += 1;
    try {
      const tile = await waitForTile(stream, time, () => ctx.res.closed);
      ctx.body = await cutter.cut(stream, tile);
      ctx.type = 'image/jpeg';
      // The newest is another one in a moment, and one that came before its time, too.
      const isFinal = time !== undefined && tile.pts >= time;
      ctx.set('Cache-Control', isFinal ? 'max-age=86400' : 'max-age=1');
    } finally {
      underWay -= 1;
    }
  });
}

/** The picture at or after a time, as soon as there is one; the newest where none came, or no time was named. */
async function waitForTile(
  { name, media }: LiveStream,
  time: Microseconds | undefined,
  isOver: () => boolean,
): Promise<Tile> {
  if (media === undefined)
    throw new HlsStreamError('NOT_READY', `stream ${name} has not started; try again in a moment`);
  const until = performance.now() + TIMEOUT;
  for (;;) {
    const { state } = media.thumbnails;
    const tile = nearest(state, time);
    const interval = state.layout?.interval ?? 0;
    const isThere = tile !== undefined && (time === undefined || tile.pts >= time);
    // What is far ahead does not come within the timeout.
    const mayCome =
      !media.state.ended &&
      state.layout !== undefined &&
      (time ?? 0) - (tile?.pts ?? time ?? 0) < 2 * interval + fromMilliseconds(TIMEOUT);
    if (isThere || !mayCome || isOver() || performance.now() > until) {
      if (tile !== undefined && (time === undefined || Math.abs(tile.pts - time) <= 3 * interval))
        return tile;
      throw new HlsStreamError('NOT_FOUND', `stream ${name} has no picture of that time`);
    }
    await new Promise((resolve) => setTimeout(resolve, Math.min(LOOK, toMilliseconds(interval))));
  }
}

/** The first picture at or after a time, or the last before it; the newest where no time is named. */
function nearest({ layout, sheets }: ThumbnailState, time = Number.POSITIVE_INFINITY): Tile | undefined {
  if (layout === undefined) return undefined;
  let best: Tile | undefined;
  for (const sheet of sheets) {
    for (const [index, { pts }] of sheet.tiles.entries()) {
      best = { pts, layout, sheet: sheet.number, index, tiles: sheet.tiles.length };
      if (pts >= time) return best;
    }
  }
  return best;
}

/** Cuts tiles out of sheets, one after the other. */
class TileCutter {
  readonly #storage: Storage;
  readonly #kept = new LRUCache<string, Promise<Buffer>>({ max: KEPT });
  #last: Promise<unknown> = Promise.resolve();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  cut({ name, media }: LiveStream, tile: Tile): Promise<Buffer> {
    const folder = thumbnailFolder(name, media?.stream.epoch ?? '');
    const key = `${folder}/${tile.sheet}/${tile.index}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    const made = this.#last.then(() => this.#make(folder, tile));
    this.#last = made.catch(() => this.#kept.delete(key));
    this.#kept.set(key, made);
    return made;
  }

  async #make(folder: string, { layout, sheet, index, tiles }: Tile): Promise<Buffer> {
    const bytes = await this.#storage.read(`${folder}/${sheetFile(sheet, tiles)}`);
    if (bytes === undefined) throw new HlsStreamError('NOT_FOUND', 'this picture is not kept any more');
    const { createCanvas, loadImage } = await import('@napi-rs/canvas');
    const { width, height, columns } = layout;
    const canvas = createCanvas(width, height);
    const [x, y] = [(index % columns) * width, Math.floor(index / columns) * height];
    canvas.getContext('2d').drawImage(await loadImage(bytes), x, y, width, height, 0, 0, width, height);
    return canvas.encode('jpeg', 85);
  }
}

/** What {@link pictureRoutes} adds, as OpenAPI describes it. */
export const pictureOperations: readonly Operation[] = [
  {
    path: '/streams/{name}/picture.jpg',
    method: 'get',
    summary: 'One thumbnail by itself: the first at or after a time, which is waited for where it is to come',
    query: { time: 'PTS in seconds. Default: the newest' },
    answers: { 200: 'image/jpeg', 400: problem, 404: problem, 503: problem },
  },
];
