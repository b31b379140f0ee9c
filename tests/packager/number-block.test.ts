import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromSeconds } from '../../src/clock.ts';
import { emptyMediaState, type SegmentEntry } from '../../src/hls/playlist-log.ts';
import { NumberBlock } from '../../src/packager/number-block.ts';
import type { PackagerOptions } from '../../src/packager/packager-options.ts';
import { PlaylistWindow } from '../../src/packager/playlist-window.ts';
import { Publisher } from '../../src/packager/publisher.ts';
import { planSegments } from '../../src/packager/segment-planner.ts';
import { takeUp } from '../../src/packager/take-up.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import { Shelf, stream } from '../thumbnails/shelf.ts';
import { unexpected } from '../unexpected.ts';

function segment(msn: number): SegmentEntry {
  return {
    ...{ type: 'segment', msn, pts: msn * 2e6, date: msn * 2e6, duration: 2e6, bytes: 100 },
    ...{ run: '0', discontinuity: false, discontinuitySequence: 0, parts: [] },
  } as unknown as SegmentEntry;
}

/** A process that begins where five segments are listed; says which numbers are listed then, gaps as negative ones. */
async function begin(store: MemoryStore, boot: string, stock: readonly string[] = []) {
  const publisher = new Publisher(store, emptyMediaState(stream), unexpected);
  for (let msn = 0; msn < 5; msn += 1) await publisher.playlist(segment(msn));
  const numbers = new NumberBlock(store, stream, boot);
  const used = await numbers.open(publisher.state);
  const end = numbers.watch(publisher.state, unexpected);
  const shelf = new Shelf();
  const plan = planSegments(30, 0.333, 2);
  const options = { publisher, storage: shelf, plan, stock, used } as unknown as PackagerOptions;
  const window = new PlaylistWindow({ publisher, storage: shelf }, () => 0, unexpected);
  await takeUp(options, window);
  const listed = publisher.state.segments.map(({ msn, filler }) => (filler?.kind === 'gap' ? -msn : msn));
  return { listed, state: publisher.state, end };
}

const lies = (...files: string[]) => files.map((file) => `${stream.name}/${stream.epoch}/main/${file}`);

test('numbers that may have been seen before a power cut are gaps, and after none when it ended in good order', async () => {
  const store = new MemoryStore();
  const first = await begin(store, 'boot 1');
  assert.deepEqual(first.listed, [0, 1, 2, 3, 4]);
  // Killed: whatever was listed is known.
  assert.deepEqual((await begin(store, 'boot 1')).listed, [0, 1, 2, 3, 4]);
  const cut = await begin(store, 'boot 2');
  assert.equal(cut.state.nextMsn, 21);
  assert.deepEqual(cut.listed.slice(0, 7), [0, 1, 2, 3, 4, -5, -6]);
  const gaps = cut.state.segments.slice(5);
  assert.ok(gaps.every(({ duration }) => duration < fromSeconds(0.4)));
  assert.deepEqual(
    gaps.map(({ discontinuity }) => discontinuity),
    [true, ...Array(15).fill(false)],
  );
  await (await begin(store, 'boot 3')).end();
  const { nextMsn } = (await begin(store, 'boot 3')).state;
  assert.equal((await begin(store, 'boot 3')).state.nextMsn, nextMsn);
});

test('what was written and not listed any more when all was killed, nobody has seen: no gap stands for it', async () => {
  const store = new MemoryStore();
  await begin(store, 'boot');
  const written = lies('4.m4s', '5.m4s', '5.0.m4s', '6.0.m4s');
  assert.deepEqual((await begin(store, 'boot', written)).listed, [0, 1, 2, 3, 4]);
  // What is not behind the other, or farther than was reserved, was written by somebody whose list is lost.
  assert.deepEqual((await begin(store, 'boot', lies('5.m4s', '7.m4s'))).listed, [0, 1, 2, 3, 4, -5, -6, -7]);
  const older = lies(...Array.from({ length: 20 }, (_, index) => `${5 + index}.m4s`));
  assert.equal((await begin(store, 'boot', older)).state.nextMsn, 25);
  assert.equal((await begin(store, 'other boot', written)).state.nextMsn, 21);
  // Where a life of the machine has no name, nobody knows that it went on.
  await begin(store, '');
  assert.deepEqual((await begin(store, '', lies('5.m4s'))).listed, [0, 1, 2, 3, 4, -5]);
});

test('a number that is found on disk is not used again, unless it is far ahead', async () => {
  const found = await begin(
    new MemoryStore(),
    'boot',
    lies('4.m4s', '4.0.m4s', '6.m4s', '5.0.m4s', '6.1.m4s'),
  );
  assert.deepEqual(found.listed, [0, 1, 2, 3, 4, -5, -6]);
  const strange = await begin(new MemoryStore(), 'boot', lies('4.m4s', '999999.m4s'));
  assert.deepEqual(strange.listed, [0, 1, 2, 3, 4]);
});
