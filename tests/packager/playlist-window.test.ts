import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HlsStreamError } from '../../src/errors.ts';
import { emptyMediaState, type SegmentEntry } from '../../src/hls/playlist-log.ts';
import { PlaylistWindow } from '../../src/packager/playlist-window.ts';
import { Publisher } from '../../src/packager/publisher.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import { Shelf, stream } from '../thumbnails/shelf.ts';
import { unexpected } from '../unexpected.ts';

function segment(msn: number): SegmentEntry {
  return {
    ...{ type: 'segment', msn, pts: msn * 2e6, date: msn * 2e6, duration: 2e6, bytes: 100 },
    ...{ run: '0', discontinuity: false, discontinuitySequence: 0, parts: [] },
  } as unknown as SegmentEntry;
}

async function listing(count: number) {
  const publisher = new Publisher(new MemoryStore(), emptyMediaState(stream), unexpected);
  for (let msn = 0; msn < count; msn += 1) await publisher.playlist(segment(msn));
  const shelf = new Shelf();
  let now = 0;
  const clock = () => now;
  const window = new PlaylistWindow({ publisher, storage: shelf }, clock, unexpected);
  const listed = () => publisher.state.segments.map(({ msn }) => msn);
  const later = (milliseconds: number) => {
    now += milliseconds;
  };
  return { publisher, shelf, window, listed, later };
}

test('what storage lost leaves the list, and all before it; media sequence numbers go on', async () => {
  const { publisher, shelf, window, listed, later } = await listing(6);
  await shelf.write('cam/e1/main/0.m4s', [Buffer.from('of before')]);
  window.keep();
  const asked: string[] = [];
  await window.forgetLost(async (path) => {
    asked.push(path);
    return !path.endsWith('/1.m4s') && !path.endsWith('/3.m4s');
  });
  assert.equal(asked[0], 'cam/e1/main/0.m4s');
  assert.deepEqual(listed(), [4, 5]);
  await publisher.playlist(segment(6));
  assert.deepEqual(listed(), [4, 5, 6]);
  window.keep();
  assert.ok(shelf.objects.has('cam/e1/main/0.m4s'));
  later(70_000);
  await publisher.playlist(segment(7));
  window.keep();
  assert.ok(!shelf.objects.has('cam/e1/main/0.m4s'));
});

test('objects beside a segment stay as long as it is listed, and go with it, also under the next process', async () => {
  const { publisher, shelf, window, later } = await listing(4);
  const files = ['0.m4s', '0.objects.json', '1.m4s', '3.m4s', '3.objects.json', '9.m4s'];
  for (const file of files) await shelf.write(`cam/e1/main/${file}`, [Buffer.from(file)]);
  await publisher.playlist({ type: 'removed', before: 2 });
  await window.adopt([...shelf.objects.keys()]);
  const left = () => files.filter((file) => shelf.objects.has(`cam/e1/main/${file}`));
  assert.deepEqual(left(), files.slice(0, 5));
  later(70_000);
  await publisher.playlist(segment(4));
  window.keep();
  assert.deepEqual(left(), ['3.m4s', '3.objects.json']);
});

test('what lost its init segment leaves the list, too: nobody could play it', async () => {
  const { window, listed } = await listing(3);
  await window.forgetLost(async (path) => !path.endsWith('/init-0.mp4'));
  assert.deepEqual(listed(), []);
});

test('nothing leaves the list when nothing is lost, or when nobody can say what is', async () => {
  const { window, listed } = await listing(3);
  await window.forgetLost(async () => true);
  await assert.rejects(
    window.forgetLost(async () => Promise.reject(new Error('away'))),
    /away/,
  );
  assert.deepEqual(listed(), [0, 1, 2]);
});

test('three target durations stay listed, however short the window and the segments are', async () => {
  const { publisher, window } = await listing(0);
  publisher.state.stream = { ...publisher.state.stream, window: 2e6 };
  for (let msn = 0; msn < 9; msn += 1)
    await publisher.playlist({ ...segment(msn), pts: msn * 1e6, date: msn * 1e6, duration: 1e6 });
  window.keep();
  assert.deepEqual(
    publisher.state.segments.map(({ msn }) => msn),
    [3, 4, 5, 6, 7, 8],
  );
});

test('for want of room the oldest goes first: what left the list, then what is listed, down to a few segments', async () => {
  const { publisher, shelf, window, listed, later } = await listing(20);
  const gone = () =>
    ['0', '1', '2', '3', '4', '16', '17'].filter((msn) => !shelf.objects.has(`cam/e1/main/${msn}.m4s`));
  for (let msn = 0; msn < 20; msn += 1) await shelf.write(`cam/e1/main/${msn}.m4s`, [Buffer.from('x')]);
  window.keep();
  assert.equal(await window.release(150, false), 200);
  assert.deepEqual(listed().slice(0, 2), [2, 3]);
  assert.deepEqual(gone(), [], 'somebody may have the list before');
  later(2000);
  await publisher.playlist(segment(20));
  window.keep();
  assert.equal(await window.release(300, false), 300);
  assert.deepEqual([gone(), listed()[0]], [['0', '1'], 3]);
  assert.equal(await window.release(100, true), 100);
  assert.deepEqual([gone(), listed()[0]], [['0', '1', '2'], 3]);
  // Nothing can be written: also what left the list this moment.
  assert.equal(await window.release(5000, true), 1500);
  assert.deepEqual(listed(), [18, 19, 20]);
  assert.deepEqual(gone(), ['0', '1', '2', '3', '4', '16', '17']);
  assert.equal(await window.release(100, true), 0);
});

test('gaps do not count among the few segments that stay for want of room', async () => {
  const { publisher, window, listed } = await listing(8);
  for (let msn = 8; msn < 14; msn += 1)
    await publisher.playlist({ ...segment(msn), bytes: 0, filler: { kind: 'gap', since: 0 } });
  window.keep();
  assert.equal(await window.release(5000, true), 500);
  assert.deepEqual(listed().slice(0, 4), [5, 6, 7, 8]);
});

test('what cannot be removed is tried again after ten seconds, and nothing leaves the list for it', async () => {
  const { publisher, shelf, window, listed, later } = await listing(40);
  for (let msn = 0; msn < 40; msn += 1) await shelf.write(`cam/e1/main/${msn}.m4s`, [Buffer.from('x')]);
  window.keep();
  const first = listed()[0];
  const remove = shelf.remove.bind(shelf);
  shelf.remove = async () => {
    throw new HlsStreamError('STORAGE_FAILED', 'the disk is read-only (EROFS)');
  };
  await assert.rejects(window.release(500, true), /EROFS/);
  assert.equal(listed()[0], first);
  // Of several only what cannot be removed is tried again.
  shelf.remove = async (paths) => {
    if (paths.some((path) => path.endsWith('/6.m4s'))) throw new HlsStreamError('STORAGE_FAILED', 'busy');
    await remove(paths);
  };
  await assert.rejects(window.release(300, false), /busy/);
  const tried: string[] = [];
  shelf.remove = async (paths) => {
    tried.push(...paths);
    await remove(paths);
  };
  later(10_000);
  await publisher.playlist(segment(40));
  window.keep();
  assert.ok(!shelf.objects.has('cam/e1/main/0.m4s'));
  assert.ok(shelf.objects.has('cam/e1/main/9.m4s'), 'its grace is not over');
  assert.deepEqual(
    ['5', '6', '7'].map((msn) => tried.includes(`cam/e1/main/${msn}.m4s`)),
    [false, true, false],
  );
});
