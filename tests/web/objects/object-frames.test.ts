import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SeenObjects } from '../../../src/objects/shown.ts';
import { createObjectFrames } from '../../../web/objects/object-frames.ts';

const TICK = 33_333;

/** A frame in which a thing of this name was seen. */
function frame(pts: number, label: string, source = 'cat-finder'): SeenObjects {
  return { pts, source, objects: [{ label, box: [0.1, 0.1, 0.2, 0.2] }] };
}

/** What is drawn on a frame: label and whether it is solid. */
function drawn(frames: ReturnType<typeof createObjectFrames>, pts: number): string[] {
  return frames
    .at(pts)
    .flatMap(({ exact, objects }) => objects.map(({ label }) => `${exact ? 'solid' : 'dashed'} ${label}`));
}

describe('createObjectFrames', () => {
  test('draws solid what was seen in that very frame, though a browser rounds its time', () => {
    const frames = createObjectFrames();
    frames.put(
      'a',
      [0, 1, 2].map((at) => frame(at * TICK, `${at}`)),
    );
    for (const off of [-1, 0, 1]) assert.deepEqual(drawn(frames, TICK + off), ['solid 1']);
  });

  test('draws nothing solid on a neighbour, however near it is', () => {
    const frames = createObjectFrames();
    frames.put('a', [frame(0, '0'), frame(1000, '1'), frame(2000, '2')]);
    assert.deepEqual(drawn(frames, 1010), ['dashed 1']);
    assert.deepEqual(drawn(frames, 1990), ['dashed 1']);
  });

  test('draws dashed what was seen last, for one interval of that source and no longer', () => {
    const frames = createObjectFrames();
    frames.put(
      'a',
      [0, 6, 12, 18].map((at) => frame(at * TICK, `${at}`)),
    );
    assert.deepEqual(drawn(frames, 18 * TICK), ['solid 18']);
    for (const at of [19, 23]) assert.deepEqual(drawn(frames, at * TICK), ['dashed 18']);
    assert.deepEqual(drawn(frames, 25 * TICK), []);
    assert.deepEqual(drawn(frames, -TICK), []);
  });

  test('takes the interval from where it looks, and knows none of a single frame', () => {
    const frames = createObjectFrames();
    frames.put('one', [frame(0, 'alone')]);
    assert.deepEqual(drawn(frames, TICK), []);
    frames.clear();
    const slow = [0, 30, 60, 90].map((at) => frame(at * TICK, `${at}`));
    const fast = Array.from({ length: 20 }, (_, at) => frame((1000 + at) * TICK, `${1000 + at}`));
    frames.put('both', [...slow, ...fast]);
    assert.deepEqual(drawn(frames, 119 * TICK), ['dashed 90']);
    assert.deepEqual(drawn(frames, 1020 * TICK), ['dashed 1019']);
    assert.deepEqual(drawn(frames, 1021 * TICK), []);
  });

  test('ends what is dashed where something was looked for and not seen', () => {
    const frames = createObjectFrames();
    frames.put('a', [
      frame(0, '0'),
      frame(6 * TICK, '6'),
      { pts: 12 * TICK, source: 'cat-finder', objects: [] },
    ]);
    assert.deepEqual(drawn(frames, 11 * TICK), ['dashed 6']);
    assert.deepEqual(drawn(frames, 12 * TICK), []);
    assert.deepEqual(drawn(frames, 13 * TICK), []);
  });

  test('keeps the frames of each source apart', () => {
    const frames = createObjectFrames();
    frames.put(
      'a',
      [0, 6, 12].flatMap((at) => [frame(at * TICK, 'cat'), frame(at * TICK, 'dog', 'dog-finder')]),
    );
    frames.append([frame(13 * TICK, 'dog', 'dog-finder')]);
    assert.deepEqual(drawn(frames, 13 * TICK), ['dashed cat', 'solid dog']);
  });

  test('holds a frame once that came live, again after a lost connection, and in the sidecar', () => {
    const frames = createObjectFrames();
    const live = [0, 1, 2].map((at) => frame(at * TICK, `live ${at}`));
    frames.append(live);
    frames.append(live.slice(1));
    const { size } = frames;
    frames.put(
      'a',
      [0, 1, 2].map((at) => frame(at * TICK, `kept ${at}`)),
    );
    assert.equal(frames.size, size);
    assert.deepEqual(drawn(frames, TICK), ['solid kept 1']);
  });

  test('takes frames in any order', () => {
    const frames = createObjectFrames();
    for (const at of [3, 0, 4, 1, 2]) frames.append([frame(at * TICK, `${at}`)]);
    for (const at of [0, 1, 2, 3, 4]) assert.deepEqual(drawn(frames, at * TICK), [`solid ${at}`]);
  });

  test('holds no more than it may in an hour of 50 boxes at 30 frames a second, the newest always', () => {
    const most = 20_000;
    const frames = createObjectFrames(most);
    const objects = Array.from({ length: 50 }, () => ({ label: 'cat', box: [0, 0, 0.5, 0.5] as const }));
    for (let second = 0; second < 3600; second += 1) {
      const part = Array.from({ length: 30 }, (_, at) => ({
        pts: (second * 30 + at) * TICK,
        source: 'cat-finder',
        objects,
      }));
      if (second % 2 === 0) frames.put(`segment ${second}`, part);
      else frames.append(part);
      assert.ok(frames.size <= most, `${frames.size} after ${second} s`);
      assert.equal(frames.at((second * 30 + 29) * TICK)[0]?.exact, true);
    }
  });

  test('lets go first of what was not asked for', () => {
    const frames = createObjectFrames(10);
    for (const key of ['a', 'b', 'c']) frames.put(key, [frame(key.charCodeAt(0) * 1e6, key)]);
    assert.ok(frames.has('a'));
    for (const key of ['d', 'e', 'f']) frames.put(key, [frame(key.charCodeAt(0) * 1e6, key)]);
    assert.deepEqual(['a', 'b', 'f'].map(frames.has), [true, false, true]);
  });
});
