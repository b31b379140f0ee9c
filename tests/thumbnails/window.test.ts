import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HlsStreamError } from '../../src/errors.ts';
import { emptyMediaState } from '../../src/hls/playlist-log.ts';
import { sheetFile, type ThumbnailTileEntry, thumbnailLogName } from '../../src/hls/thumbnail-log.ts';
import { Publisher } from '../../src/packager/publisher.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import type { AppendOptions, Cursor, Store, StoreState, StoreValue } from '../../src/store/store.ts';
import { beginLayout, readThumbnails, ThumbnailPublisher } from '../../src/thumbnails/thumbnail-publisher.ts';
import { Thumbnailer } from '../../src/thumbnails/thumbnailer.ts';
import { restartableStore } from '../api/restartable-store.ts';
import { unexpected } from '../unexpected.ts';
import { grey, Shelf, stream } from './shelf.ts';

const layout = { type: 'layout', width: 16, height: 9, columns: 5, rows: 5, interval: 1_000_000 } as const;

/** A store that cannot be reached for a while, and has forgotten nothing then. */
class AwayStore extends MemoryStore {
  readonly #listeners = new Set<(state: StoreState) => void>();
  #away = false;

  leave(): void {
    this.#away = true;
    for (const listener of this.#listeners) listener('down');
  }

  return(): void {
    this.#away = false;
    for (const listener of this.#listeners) listener('up');
  }

  override onState(listener: (state: StoreState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  override async append(log: string, value: StoreValue, options?: AppendOptions): Promise<Cursor> {
    if (this.#away) throw new HlsStreamError('STORE_GONE', 'the store is away');
    return super.append(log, value, options);
  }
}

/** A stream whose window and clock the test moves. */
async function open(store: Store, known = { shelf: new Shelf() }) {
  const state = emptyMediaState(stream);
  const publisher = new Publisher(store, state, () => {});
  await publisher.announce();
  const facts = new ThumbnailPublisher(publisher, await readThumbnails(store, stream));
  await beginLayout(facts, layout);
  const clock = { now: 0 };
  const thumbnailer = new Thumbnailer({
    ...{ facts, storage: known.shelf, stream: publisher.state, now: () => clock.now },
    next: (facts.state.sheets.at(-1)?.number ?? -1) + 1,
    failed: unexpected,
  });
  return {
    ...known,
    ...{ store, facts, publisher, thumbnailer },
    /** Shows the frame of a second of the stream; the window begins so many seconds before it. */
    async show(second: number, window: number) {
      const pts = Math.max(0, second - window) * 1e6;
      const oldest = { type: 'segment', msn: 0, pts, parts: [] } as never;
      publisher.state.segments.splice(0, Infinity, oldest);
      clock.now = second * 1000;
      thumbnailer.take({ pts: second * 1e6, date: second * 1e6, frame: grey(128) });
      await thumbnailer.close();
    },
  };
}

test('sheets leave the list with the window, their files after a grace, and the log is cut off behind them', async () => {
  const { show, shelf, store, facts } = await open(restartableStore());
  for (let second = 0; second < 400; second += 1) await show(second, 60);
  // 340 s to 399 s: the sheets of 25 s that hold them.
  assert.deepEqual(
    facts.state.sheets.map(({ number }) => number),
    [13, 14, 15],
  );
  const files = [...shelf.objects.keys()].map((path) => path.slice(path.lastIndexOf('/') + 1));
  const listed = facts.state.sheets.map(({ number, tiles }) => sheetFile(number, tiles.length));
  assert.deepEqual(
    listed.filter((file) => !files.includes(file)),
    [],
  );
  // Sheet 12 left the list when 335 s was shown at 395 s; sheet 9 did so at 320 s, longer ago than a minute.
  assert.ok(files.includes(sheetFile(12, 25)));
  assert.ok(!files.includes(sheetFile(9, 25)));
  assert.ok(files.length < 100, `${files.length} files are left`);
  const entries = await store.read(thumbnailLogName('cam', 'e1'), { limit: 10_000 });
  assert.ok(entries.length < 300, `${entries.length} entries are left of 400`);
  const first = entries[0]?.value as ThumbnailTileEntry;
  assert.deepEqual([first.index, first.layout], [0, layout]);
  assert.deepEqual((await readThumbnails(store, stream)).sheets, facts.state.sheets);
});

test('a store that comes back empty is told all that is listed again, and then what is new', async () => {
  const store = restartableStore();
  const { show, facts, publisher } = await open(store);
  for (let second = 0; second < 30; second += 1) await show(second, 60);
  await store.stop();
  await show(30, 60);
  store.start();
  await show(31, 60);
  await publisher.close();
  const { sheets, layout: told } = await readThumbnails(store, stream);
  assert.deepEqual(told, layout);
  assert.deepEqual(sheets, facts.state.sheets);
  assert.equal(sheets.flatMap(({ tiles }) => tiles).length, 32);
});

test('one that comes after a kill removes what its predecessor had replaced, and leaves the sheet that is listed', async () => {
  const store = restartableStore();
  const first = await open(store);
  for (let second = 0; second < 4; second += 1) await first.show(second, 600);
  const second = await open(store, { shelf: first.shelf });
  for (let at = 10; at < 80; at += 1) await second.show(at, 600);
  const files = [...second.shelf.objects.keys()].map((path) => path.slice(path.lastIndexOf('/') + 1));
  assert.ok(files.includes(sheetFile(0, 4)));
  for (const replaced of [1, 2, 3]) assert.ok(!files.includes(sheetFile(0, replaced)), `${replaced} tiles`);
});

test('sheets that storage lost are told no more, but for the one that is being filled', async () => {
  const store = new AwayStore();
  const { show, facts, thumbnailer, publisher } = await open(store);
  for (let second = 0; second < 60; second += 1) await show(second, 600);
  store.leave();
  await thumbnailer.forgetLost(async (path) => !/thumbs-[02]-/.test(path));
  assert.deepEqual(
    facts.state.sheets.map(({ number }) => number),
    [1, 2],
  );
  store.return();
  await show(60, 600);
  await publisher.close();
  assert.equal(facts.state.sheets.at(-1)?.tiles.length, 11);
  assert.deepEqual((await readThumbnails(store, stream)).sheets, facts.state.sheets);
});
