import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyMediaState, type SegmentEntry } from '../../src/hls/playlist-log.ts';
import { PlaylistWindow } from '../../src/packager/playlist-window.ts';
import { Publisher } from '../../src/packager/publisher.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import { Shelf, stream } from '../thumbnails/shelf.ts';

function segment(msn: number): SegmentEntry {
  return {
    ...{ type: 'segment', msn, pts: msn * 2e6, date: msn * 2e6, duration: 2e6, bytes: 100 },
    ...{ run: '0', discontinuity: false, discontinuitySequence: 0, parts: [] },
  } as unknown as SegmentEntry;
}

async function listing(count: number) {
  const publisher = new Publisher(new MemoryStore(), emptyMediaState(stream), (error) =>
    assert.fail(String(error)),
  );
  for (let msn = 0; msn < count; msn += 1) await publisher.playlist(segment(msn));
  const shelf = new Shelf();
  let now = 0;
  const clock = () => now;
  const window = new PlaylistWindow({ publisher, storage: shelf }, clock, (error) =>
    assert.fail(String(error)),
  );
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
