import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { ObjectsFileJson } from '../../src/hls/frame-objects.ts';
import { type LoggedObjects, objectsLogName } from '../../src/hls/objects-log.ts';
import { emptyMediaState, type SegmentEntry } from '../../src/hls/playlist-log.ts';
import { ObjectSidecars } from '../../src/packager/object-sidecars.ts';
import { Publisher } from '../../src/packager/publisher.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import type { Store } from '../../src/store/store.ts';
import { tried } from '../long.ts';
import { Shelf, stream } from '../thumbnails/shelf.ts';
import { unexpected } from '../unexpected.ts';

const LOG = objectsLogName('cam');
const said = (pts: number, source = 'dog', objects = '[]'): LoggedObjects => ({ pts, source, objects });
const segment = (msn: number): SegmentEntry => ({
  ...{ type: 'segment', msn, run: 'r', pts: msn * 2e6, duration: 2e6, date: msn * 2e6, bytes: 1 },
  ...{ discontinuity: false, discontinuitySequence: 0, parts: [] },
});

/** Some stream child's, whose time stands still until it is moved. */
async function opened(
  store: Store,
  shelf: Shelf,
  segments: readonly SegmentEntry[] = [],
  failures?: unknown[],
) {
  const state = emptyMediaState(stream);
  const publisher = new Publisher(store, state, unexpected);
  for (const known of segments) void publisher.playlist(known);
  const clock = { now: 0 };
  const sidecars = new ObjectSidecars({
    ...{ store, storage: shelf, publisher, now: () => clock.now },
    echo: (frame) => void say(store, frame),
    failed: (error) => (failures === undefined ? unexpected(error) : failures.push(error)),
  });
  await sidecars.log.open();
  const look = async () => {
    // Once to close, once to write, with what the log says in between.
    for (let times = 0; times < 3; times += 1) {
      await sidecars.look();
      for (let turns = 0; turns < 5; turns += 1) await turn();
    }
  };
  return {
    ...{ sidecars, publisher, state },
    close: async (msn: number) => publisher.playlist(segment(msn)),
    /** Lets so many milliseconds pass. */
    pass: async (milliseconds: number) => {
      clock.now += milliseconds;
      await look();
    },
    end: async () => {
      await sidecars.close(false);
      await publisher.close();
    },
  };
}

const say = (store: Store, ...frames: LoggedObjects[]) => store.append(LOG, { type: 'frames', frames });

function file(shelf: Shelf, msn: number): string[] | undefined {
  const bytes = shelf.objects.get(`cam/e1/main/${msn}.objects.json`);
  if (bytes === undefined) return undefined;
  const { frames } = JSON.parse(String(bytes)) as ObjectsFileJson;
  return frames.map(({ pts, source }) => `${pts} ${source}`);
}

describe('files of objects', () => {
  test('are written two seconds after their segment was closed, with what came until then', async () => {
    const [store, shelf] = [new MemoryStore(), new Shelf()];
    const child = await opened(store, shelf);
    await say(store, said(100_001), said(1_999_999, 'cat'), said(2_000_000));
    await child.close(0);
    await child.pass(1900);
    await say(store, said(5));
    assert.equal(file(shelf, 0), undefined);
    await child.pass(100);
    assert.deepEqual(file(shelf, 0), ['0.000005 dog', '0.100001 dog', '1.999999 cat']);
    await say(store, said(6), said(3e6));
    await child.close(1);
    await child.pass(2000);
    assert.deepEqual(file(shelf, 1), ['2 dog', '3 dog']);
    assert.deepEqual([...child.sidecars.log.counts.late], [['dog', 1]]);
    await child.end();
  });

  test('are not written for segments without objects', async () => {
    const [store, shelf] = [new MemoryStore(), new Shelf()];
    const child = await opened(store, shelf);
    for (const msn of [0, 1, 2]) await child.close(msn);
    await child.pass(2000);
    assert.equal(shelf.objects.size, 0);
    assert.deepEqual(child.sidecars.log.reach, { closed: 2, written: 2 });
    await child.end();
  });

  for (const moment of ['before it was closed', 'before it was written', 'after it was written'])
    test(`are written by the next process, whole, where the one before died ${moment}`, async () => {
      const [store, shelf] = [new MemoryStore(), new Shelf()];
      const child = await opened(store, shelf);
      await say(store, said(1), said(2e6 - 1), said(2e6));
      await child.close(0);
      if (moment === 'before it was written')
        await store.append(LOG, {
          ...{ type: 'closed', epoch: 'e1', msn: 0, before: 2e6, any: true, some: true },
        });
      if (moment === 'after it was written') await child.pass(2000);
      await child.end();
      const next = await opened(store, shelf, [segment(0), segment(1)]);
      await say(store, said(3e6));
      await next.pass(2000);
      assert.deepEqual(file(shelf, 0), ['0.000001 dog', '1.999999 dog']);
      assert.deepEqual(file(shelf, 1), ['2 dog', '3 dog']);
      await next.end();
    });

  test('are whole though the log is lost', async () => {
    const shelf = new Shelf();
    const store = new MemoryStore();
    const child = await opened(store, shelf);
    await say(store, said(1), said(2));
    await child.close(0);
    await child.pass(1000);
    // Trimmed away under its reader, it is as good as lost.
    const cursor = await store.append(LOG, { type: 'frames', frames: [said(3)] });
    await store.append(LOG, { type: 'frames', frames: [said(4)] });
    await store.trim(LOG, cursor);
    await child.pass(1000);
    assert.deepEqual(file(shelf, 0), ['0.000001 dog', '0.000002 dog', '0.000003 dog', '0.000004 dog']);
    await child.end();
  });

  test('hold the objects of repeated frames, whenever they become known', async () => {
    const [store, shelf] = [new MemoryStore(), new Shelf()];
    const child = await opened(store, shelf);
    child.sidecars.repeated(600_000, 500_000);
    await say(store, said(500_000, 'dog', '["x"]'));
    await child.pass(100);
    child.sidecars.repeated(2_500_000, 500_000);
    await child.close(0);
    await child.close(1);
    await child.pass(2100);
    assert.deepEqual(file(shelf, 0), ['0.5 dog', '0.6 dog']);
    assert.deepEqual(file(shelf, 1), ['2.5 dog']);
    assert.match(String(shelf.objects.get('cam/e1/main/1.objects.json')), /"objects":\["x"\]/);
    await child.end();
  });

  test('wait in memory while storage takes nothing, and follow then', async () => {
    const [store, shelf] = [new MemoryStore(), new Shelf()];
    const failures: unknown[] = [];
    const child = await opened(store, shelf, [], failures);
    await say(store, said(1));
    await child.close(0);
    shelf.broken = true;
    await child.pass(2000);
    assert.equal(failures.length, 1, 'it is not tried again at once');
    assert.equal(shelf.objects.size, 0);
    assert.deepEqual(child.sidecars.log.reach, { closed: 0, written: -1 }, 'nobody is told that it is there');
    shelf.broken = false;
    await say(store, said(2), said(2e6));
    await child.pass(1000);
    assert.deepEqual(file(shelf, 0), ['0.000001 dog'], 'what came behind its end is in no file');
    await child.end();
  });

  test('of 50 objects a frame for long leave the log, and memory, as they were after a minute', async () => {
    const [store, shelf] = [new MemoryStore(), new Shelf()];
    const child = await opened(store, shelf);
    const objects = JSON.stringify(
      Array.from({ length: 50 }, (_, track) => ({ label: 'person', track, box: [0.1, 0.1, 0.2, 0.2] })),
    );
    const sizes: number[] = [];
    for (let msn = 0; msn < tried(150, 1800); msn += 1) {
      // Two a segment say as much of what stays as sixty do.
      await say(store, said(msn * 2e6, 'dog', objects), said(msn * 2e6 + 1e6, 'dog', objects));
      await child.close(msn);
      await child.pass(2000);
      assert.ok(file(shelf, msn), `file ${msn}`);
      shelf.objects.clear();
      const entries = await store.read(LOG, { limit: 10_000 });
      sizes.push(entries.length + child.sidecars.log.state.frames.size);
    }
    assert.ok(
      Math.max(...sizes) <= Math.max(...sizes.slice(0, 30)),
      `${Math.max(...sizes)} entries and frames`,
    );
    assert.ok(child.sidecars.log.state.bytes < 4 * objects.length);
    await child.end();
  });
});
