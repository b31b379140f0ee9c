import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { emptyMediaState, playlistLogName, type SegmentEntry } from '../../src/hls/playlist-log.ts';
import {
  applyRetainedEntry,
  emptyRetainedState,
  type RetainedEntry,
  retainedLogName,
} from '../../src/hls/retained-log.ts';
import type { StreamEntry } from '../../src/hls/stream-log.ts';
import { PlaylistWindow } from '../../src/packager/playlist-window.ts';
import { Publisher } from '../../src/packager/publisher.ts';
import { Retention } from '../../src/packager/retention.ts';
import type { RetentionOptions } from '../../src/packager/retention-options.ts';
import { readAll } from '../../src/store/log/read-all.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import type { Store } from '../../src/store/store.ts';
import { stream as listed, Shelf } from '../thumbnails/shelf.ts';
import { unexpected } from '../unexpected.ts';

const SECOND = 1_000_000;
const MINUTE = 60 * SECOND;
const stream: StreamEntry = { ...listed, epoch: 'e000000000a', window: 20 * SECOND };

/** A stream of 2 s segments of 1000 bytes in objects in memory; every clock is the test's. */
class Kept {
  readonly store: Store;
  readonly shelf: Shelf;
  readonly retention: Retention;
  readonly publisher: Publisher;
  readonly window: PlaylistWindow;
  readonly told: string[] = [];
  /** Microseconds since the stream began, by a clock that nobody sets; and how far the wall clock is off. */
  now = 0;
  wrong = 0;
  /** How far dates are off. */
  dated = 0;
  stop: () => Promise<void> = async () => {};
  /** Bytes of objects beside each segment, from its number on. */
  beside = (_msn: number) => 0;

  constructor(
    options: Partial<RetentionOptions>,
    {
      store = new MemoryStore(),
      shelf = new Shelf(),
      of = stream,
      from = 0,
    }: { store?: Store; shelf?: Shelf; of?: StreamEntry; from?: number } = {},
  ) {
    this.store = store;
    this.shelf = shelf;
    this.now = from;
    this.publisher = new Publisher(store, emptyMediaState(of), unexpected);
    this.retention = new Retention({
      ...{ store, storage: shelf, stream: 'cam', rules: {} },
      removed: (count, why) => this.told.push(`${count} ${why}`),
      failed: unexpected,
      now: () => this.now + this.wrong,
      monotonic: () => this.now / 1000,
      ...options,
    });
    const { publisher, retention } = this;
    const monotonic = () => this.now / 1000;
    this.window = new PlaylistWindow({ publisher, storage: shelf, retention }, monotonic, unexpected);
  }

  async begin(): Promise<this> {
    await this.retention.find(this.publisher.state.stream.epoch);
    this.stop = this.retention.watch(
      this.publisher,
      () => {},
      (msn) => this.beside(msn),
    );
    await this.publisher.announce();
    return this;
  }

  async plays(segments: number): Promise<void> {
    const { name, epoch } = this.publisher.state.stream;
    for (let count = 0; count < segments; count += 1) {
      const msn = this.publisher.state.nextMsn;
      await this.shelf.write(`${name}/${epoch}/main/${msn}.m4s`, [Buffer.alloc(1000)]);
      const objects = this.beside(msn);
      if (objects > 0)
        await this.shelf.write(`${name}/${epoch}/main/${msn}.objects.json`, [Buffer.alloc(objects)]);
      await this.publisher.playlist({
        ...{
          type: 'segment',
          msn,
          pts: this.now,
          date: this.now + this.dated,
          duration: 2 * SECOND,
          bytes: 1000,
        },
        ...{ run: '0', discontinuity: false, discontinuitySequence: 0, parts: [] },
      } satisfies SegmentEntry);
      this.now += 2 * SECOND;
      this.window.keep();
    }
    await this.retention.look();
  }

  /** Media Sequence Numbers of the files of an epoch. */
  files(epoch = this.publisher.state.stream.epoch): number[] {
    const found = [...this.shelf.objects.keys()].map(
      (path) => new RegExp(`/${epoch}/main/(\\d+)\\.m4s`).exec(path)?.[1],
    );
    return found.flatMap((msn) => (msn === undefined ? [] : [Number(msn)])).sort((a, b) => a - b);
  }

  /** What a reader of the log knows to be kept, in seconds of PTS. */
  async kept(): Promise<[number, number][]> {
    const state = emptyRetainedState();
    for (const { value } of await readAll(this.store, retainedLogName('cam')))
      applyRetainedEntry(state, value as RetainedEntry);
    return state.pages.map(({ pts, end }) => [pts / SECOND, end / SECOND]);
  }
}

describe('Retention', () => {
  test('keeps what leaves the list for as long as it is told, in pages that follow one another, and then removes it', async (t) => {
    const kept = await new Kept({ rules: { age: 5 * MINUTE } }).begin();
    t.after(() => kept.stop());
    await kept.plays(100);
    assert.equal(kept.publisher.state.segments.length, 10, 'the list is no longer for it');
    assert.deepEqual(
      kept.files(),
      Array.from({ length: 100 }, (_, msn) => msn),
    );
    const pages = await kept.kept();
    assert.equal(pages[0]?.[0], 0);
    for (const [at, [, end]] of pages.slice(0, -1).entries()) assert.equal(pages[at + 1]?.[0], end);
    assert.ok((pages.at(-1)?.[1] ?? 0) >= 180, 'all that is not listed is in a page');
    await kept.plays(400);
    const [oldest = -1] = kept.files();
    const age = 500 - oldest;
    assert.ok(age >= 150 && age <= 156, `${age} segments are kept`);
    assert.ok((await kept.kept()).length < 40, 'and no more than these stand in the log');
    assert.ok((await readAll(kept.store, retainedLogName('cam'))).length < 100);
  });

  test('counts the objects that lie beside segments, keeps them as long, and removes them with these', async (t) => {
    const kept = new Kept({ rules: { age: 5 * MINUTE } });
    kept.beside = (msn) => (msn % 2 === 0 ? 9000 : 0);
    await kept.begin();
    t.after(() => kept.stop());
    await kept.plays(400);
    const objects = [...kept.shelf.objects.keys()].filter((path) => path.endsWith('.objects.json'));
    const numbers = objects.map((path) => Number(/(\d+)\.objects/.exec(path)?.[1])).sort((a, b) => a - b);
    assert.deepEqual(
      numbers,
      kept.files().filter((msn) => msn % 2 === 0),
    );
    const before = kept.files().length;
    const freed = await kept.retention.release(1);
    const gone = before - kept.files().length;
    assert.ok(gone > 1 && Math.abs(freed - gone * 5500) <= 4500, `${freed} bytes of ${gone} segments`);
  });

  test('keeps its pages under a process that cannot see what lies in storage', async (t) => {
    const kept = await new Kept({ rules: { age: 60 * MINUTE } }).begin();
    t.after(() => kept.stop());
    await kept.plays(100);
    assert.equal(await kept.window.adopt(undefined), undefined);
    await kept.plays(100);
    assert.deepEqual(
      kept.files(),
      Array.from({ length: 200 }, (_, msn) => msn),
    );
  });

  for (const which of ['first', 'middle', 'last'] as const)
    test(`loses no more to one segment that is gone than is gone, the ${which} one of its page`, async (t) => {
      const kept = await new Kept({ rules: { age: 60 * MINUTE } }).begin();
      t.after(() => kept.stop());
      await kept.plays(104);
      const has = async (path: string) => path.includes('/init-') || kept.shelf.objects.has(path);
      // It is listed, and in a page.
      const { segments } = kept.publisher.state;
      const [from, to] = (await kept.kept()).at(-1) ?? [0, 0];
      const msn = { first: from / 2, middle: from / 2 + 1, last: to / 2 - 1 }[which];
      assert.ok(
        segments.some((segment) => segment.msn === msn),
        `${from} to ${to} s`,
      );
      await kept.shelf.remove([`cam/${stream.epoch}/main/${msn}.m4s`]);
      const look = async () => {
        await kept.window.forgetLost(has);
        await kept.retention.forgetLost(has);
      };
      await look();
      for (let rounds = 0; rounds < 5; rounds += 1) {
        await kept.plays(20);
        await look();
      }
      assert.deepEqual(
        kept.files(),
        Array.from({ length: 204 }, (_, at) => at).filter((at) => at !== msn),
      );
    });

  test('makes room for what is written in a turn of the publisher', async (t) => {
    const kept = await new Kept({ rules: { age: 60 * MINUTE } }).begin();
    t.after(() => kept.stop());
    await kept.plays(100);
    const before = kept.files().length;
    let freed = 0;
    await kept.publisher.inTurn(async () => {
      freed = await kept.retention.release(1);
    });
    await kept.publisher.inTurn(async () => {});
    assert.ok(freed > 0 && kept.files().length < before);
    assert.equal((await kept.kept())[0]?.[0], (kept.files()[0] ?? 0) * 2);
  });

  test('deletes nothing when the wall clock is set, by a day or a year', async (t) => {
    const kept = await new Kept({ rules: { age: 60 * MINUTE } }).begin();
    t.after(() => kept.stop());
    await kept.plays(100);
    for (const days of [1, -1, 365]) {
      kept.wrong = days * 24 * 60 * MINUTE;
      await kept.plays(10);
      assert.equal(kept.files()[0], 0, `${days} days`);
    }
  });

  test('deletes nothing after a start whose clock was years behind, once the next one knows better', async () => {
    const rules = { age: 60 * MINUTE };
    const years = 20 * 365 * 24 * 60 * MINUTE;
    const first = await new Kept({ rules }).begin();
    first.now += years;
    await first.plays(100);
    await first.stop();
    // PTS go on with time, whatever the date is.
    const wrong = await new Kept({ rules }, { ...first, from: first.now });
    for (const entry of first.publisher.state.segments) await wrong.publisher.playlist(entry);
    wrong.dated = -years;
    await (await wrong.begin()).plays(30);
    await wrong.stop();
    const right = new Kept({ rules }, { ...first, from: wrong.now });
    for (const entry of wrong.publisher.state.segments) await right.publisher.playlist(entry);
    await right.begin();
    await right.stop();
    assert.equal(right.files()[0], 0, 'all is there');
  });

  test('goes on counting while nothing comes: what is too old goes though the stream stands still', async (t) => {
    const kept = await new Kept({ rules: { age: 5 * MINUTE } }).begin();
    t.after(() => kept.stop());
    await kept.plays(100);
    kept.now += 60 * MINUTE;
    await kept.retention.look();
    assert.deepEqual(
      kept.files(),
      Array.from({ length: kept.files().length }, (_, at) => 100 - kept.files().length + at),
    );
    assert.ok(kept.files().length <= 30, 'what is listed, and what somebody may have a list of');
  });

  test('keeps what an earlier epoch has left as long, and forgets the epoch with the last of it', async (t) => {
    const first = await new Kept({ rules: { age: 5 * MINUTE } }).begin();
    await first.plays(30);
    await first.stop();
    const of = { ...stream, epoch: 'e000000000b' };
    const second = await new Kept({ rules: { age: 5 * MINUTE } }, { ...first, of, from: first.now }).begin();
    t.after(() => second.stop());
    await second.plays(20);
    assert.deepEqual(second.files(stream.epoch).length, 30);
    assert.equal((await second.kept())[0]?.[0], 0);
    const left = await readAll(second.store, playlistLogName('cam', stream.epoch));
    assert.equal(
      (left[0]?.value as SegmentEntry | undefined)?.msn,
      29,
      'of its log no more is left than where it ended',
    );
    await second.plays(170);
    assert.deepEqual(second.told, ['1 over']);
    assert.deepEqual(await readAll(second.store, playlistLogName('cam', stream.epoch)), []);
    assert.equal((await second.kept())[0]?.[0], Math.max(60, (await second.kept())[0]?.[0] ?? 0));
  });

  test('without a rule keeps nothing but what an earlier epoch listed, for as long as its window', async (t) => {
    const first = await new Kept({}).begin();
    await first.plays(30);
    assert.deepEqual(await first.kept(), []);
    await first.stop();
    const of = { ...stream, epoch: 'e000000000b' };
    const second = await new Kept({}, { ...first, of, from: first.now }).begin();
    t.after(() => second.stop());
    assert.equal(second.retention.markersFrom, 40 * SECOND);
    await second.plays(5);
    assert.deepEqual(await second.kept(), [[40, 60]]);
    await second.plays(20);
    assert.deepEqual(await second.kept(), []);
    assert.equal(second.retention.markersFrom, undefined);
  });

  test('takes nothing that an earlier epoch listed where the window is a shorter one now', async (t) => {
    const first = await new Kept({}).begin();
    await first.plays(30);
    await first.stop();
    const of = { ...stream, epoch: 'e000000000b', window: 2 * SECOND };
    const second = await new Kept({}, { ...first, of, from: first.now }).begin();
    t.after(() => second.stop());
    await second.plays(7);
    assert.deepEqual(await second.kept(), [[40, 60]]);
    await second.plays(20);
    assert.deepEqual(await second.kept(), []);
  });

  test('says markers stay as long as their media, or longer where that is wanted', async (t) => {
    const kept = await new Kept({ rules: { age: 5 * MINUTE, markers: 20 * MINUTE } }).begin();
    t.after(() => kept.stop());
    await kept.plays(300);
    assert.equal(kept.retention.markersFrom, kept.now - 20 * MINUTE);
    assert.ok((kept.files()[0] ?? 0) > 100);
  });

  test('begins again where the process before it ended, though the store has to be told again', async (t) => {
    const first = await new Kept({ rules: { age: 60 * MINUTE } }).begin();
    await first.plays(100);
    const before = await first.kept();
    await first.retention.forgetLost(async (path) => first.shelf.objects.has(path));
    assert.deepEqual(await first.kept(), before, 'nothing is lost');
    await first.stop();
    const again = await new Kept({ rules: { age: 60 * MINUTE } }, { ...first, from: first.now }).begin();
    t.after(() => again.stop());
    assert.deepEqual(await again.kept(), before);
    const { from, to, inits } = again.retention.files();
    assert.deepEqual([from, [...inits]], [0, ['init-0.mp4']]);
    assert.ok(to >= 89);
  });

  test('lets go of pages that were deleted under it, and of all before them', async (t) => {
    const kept = await new Kept({ rules: { age: 60 * MINUTE } }).begin();
    t.after(() => kept.stop());
    await kept.plays(100);
    const [, second] = await kept.kept();
    const [from, to] = (second ?? [0, 0]).map((seconds) => seconds / 2) as [number, number];
    const media = Array.from({ length: to - from }, (_, at) => `cam/${stream.epoch}/main/${from + at}.m4s`);
    await kept.shelf.remove(media);
    await kept.retention.forgetLost(async (path) => kept.shelf.objects.has(path));
    assert.equal((await kept.kept())[0]?.[0], second?.[1]);
    assert.equal(kept.retention.markersFrom, kept.now - 60 * MINUTE, 'markers outlive media that was lost');
  });
});
