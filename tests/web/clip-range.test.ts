import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { clipOfEvent, clipUrl, clipWords, noClip } from '../../web/panels/clip-range.ts';

const NOON = Date.UTC(2026, 0, 1, 12) * 1000;
const SECOND = 1_000_000;

describe('clipOfEvent', () => {
  test('takes all of an event, the time up to now of one that goes on, and five seconds round an instant', () => {
    const now = NOON + 60 * SECOND;
    assert.deepEqual(clipOfEvent({ date: NOON, duration: 7 * SECOND }, now), {
      from: NOON,
      to: NOON + 7 * SECOND,
    });
    assert.deepEqual(clipOfEvent({ date: NOON, duration: null }, now), { from: NOON, to: now });
    assert.deepEqual(clipOfEvent({ date: NOON, duration: 0 }, now), {
      from: NOON - 2.5 * SECOND,
      to: NOON + 2.5 * SECOND,
    });
  });
});

describe('clipWords', () => {
  const words = (seconds: number, limit?: number) =>
    clipWords({ from: NOON, to: NOON + seconds * SECOND }, limit);

  test('says the length of what can be had', () => {
    assert.deepEqual(words(2), { text: '2.00 s', isReady: true });
    assert.deepEqual(words(60, 60), { text: '1:00', isReady: true });
  });

  test('says why a range cannot be had', () => {
    assert.equal(clipWords(noClip, 60).isReady, false);
    assert.deepEqual(words(-1), { text: 'It ends before it begins.', isReady: false });
    assert.deepEqual(words(61, 60), { text: '1:01: longer than the 1:00 allowed.', isReady: false });
  });
});

test('clipUrl asks for dates below the path it was given', () => {
  const url = clipUrl('/clips/yard.mp4', { from: NOON, to: NOON + SECOND });
  assert.equal(url, '/clips/yard.mp4?from=2026-01-01T12%3A00%3A00.000Z&to=2026-01-01T12%3A00%3A01.000Z');
});
