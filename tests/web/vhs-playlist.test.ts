import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { timedSegments } from '../../web/player/vhs-playlist.ts';

const at = (seconds: number) => new Date(1_700_000_000_000 + seconds * 1000);
const starts = (...segments: object[]) => timedSegments({ segments }).map((segment) => segment.start);

describe('timedSegments', () => {
  test('a segment that was loaded whole says where it begins', () => {
    assert.deepEqual(starts({ dateTimeObject: at(0), duration: 2, start: 7, end: 9.0001 }), [7]);
  });

  test('one that was joined midway does not', () => {
    assert.deepEqual(starts({ dateTimeObject: at(0), duration: 2, start: 8, end: 9 }), [undefined]);
  });

  test('but any of its parts that was loaded does', () => {
    const parts = [{ duration: 0.5 }, { duration: 0.4 }, { duration: 0.5, start: 8, end: 8.5 }];
    assert.deepEqual(starts({ dateTimeObject: at(0), duration: 2, start: 8, end: 9, parts }), [7.1]);
  });

  test('the open segment is as long as its parts, not as the target duration it is given', () => {
    const open = {
      dateTimeObject: at(0),
      duration: 2,
      preload: true,
      parts: [{ duration: 0.3 }, { duration: 0.3 }],
    };
    assert.equal(timedSegments({ segments: [open] })[0]?.duration, 600_000);
  });

  test('an undated segment follows the one before it; undated ones at the front are left out', () => {
    const list = timedSegments({
      segments: [{ duration: 2 }, { dateTimeObject: at(2), duration: 2 }, { duration: 2 }],
    });
    assert.deepEqual(
      list.map((segment) => segment.date / 1e6 - 1_700_000_000),
      [2, 4],
    );
  });

  test('no playlist, no segments', () => {
    assert.deepEqual(timedSegments(undefined), []);
  });
});
