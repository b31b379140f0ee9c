import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dateOfPts, frameLink, markerLink, reachOf, readLink } from '../../web/dom/links.ts';

const NOON = Date.UTC(2026, 0, 1, 12) * 1000;
const read = (address: string) => readLink(new URL(address, 'http://viewer/'));

describe('readLink', () => {
  test('reads a date, with its zone spelled either way', () => {
    assert.deepEqual(read('?t=2026-01-01T12:00:00.000Z'), { kind: 'date', date: NOON });
    assert.deepEqual(read('?t=2026-01-01T13:00:00%2B01:00'), { kind: 'date', date: NOON });
    assert.deepEqual(read('?t=2026-01-01T13:00:00+01:00'), { kind: 'date', date: NOON });
  });

  test('reads a PTS in seconds to the microsecond', () => {
    assert.deepEqual(read('?stream=x&t=12.345678'), { kind: 'pts', pts: 12_345_678 });
    assert.deepEqual(read('?t=0'), { kind: 'pts', pts: 0 });
  });

  test('prefers the event, and gives its name back as it came', () => {
    assert.deepEqual(read('?t=5#marker=a.b:c-1'), { kind: 'marker', id: 'a.b:c-1' });
    assert.deepEqual(read('#marker=%3Cb%3E'), { kind: 'marker', id: '<b>' });
  });

  test('says what is no time, and nothing of an address that names none', () => {
    for (const text of ['yesterday', '-1', '1e9', '2026-13-01T00:00:00Z', '12:30', '1.2.3', 'NaN']) {
      assert.deepEqual(read(`?t=${text}`), { kind: 'unreadable', text });
    }
    for (const address of ['', '?t=', '#', '#marker=', '#other', '?stream=x']) {
      assert.equal(read(address), undefined);
    }
  });
});

describe('frameLink and markerLink', () => {
  test('name the stream and the place, and nothing of where one was before', () => {
    const base = 'https://host/viewer/?stream=old&t=1#marker=old';
    assert.equal(
      frameLink(base, 'yard', NOON),
      'https://host/viewer/?stream=yard&t=2026-01-01T12%3A00%3A00.000Z',
    );
    assert.equal(markerLink(base, 'yard', 'a b&c'), 'https://host/viewer/?stream=yard#marker=a+b%26c');
    assert.deepEqual(read(markerLink(base, 'yard', 'a b&c')), { kind: 'marker', id: 'a b&c' });
    assert.deepEqual(read(frameLink(base, 'yard', NOON)), { kind: 'date', date: NOON });
  });
});

describe('dateOfPts', () => {
  test('goes by the nearest anchor, for each run has its own', () => {
    const anchors = [
      { pts: 0, date: NOON },
      { pts: 100_000_000, date: NOON + 107_000_000 },
    ];
    assert.equal(dateOfPts(anchors, 3_000_000), NOON + 3_000_000);
    assert.equal(dateOfPts(anchors, 98_000_000), NOON + 105_000_000);
    assert.equal(dateOfPts([], 5), undefined);
  });
});

describe('reachOf', () => {
  const window = { start: NOON, edge: NOON + 60_000_000 };
  test('tells gone, inside, soon and ahead apart', () => {
    assert.equal(reachOf(NOON - 2000, window), 'gone');
    assert.equal(reachOf(NOON - 500, window), 'inside');
    assert.equal(reachOf(NOON + 59_999_999, window), 'inside');
    assert.equal(reachOf(NOON + 61_000_000, window), 'soon');
    assert.equal(reachOf(NOON + 71_000_000, window), 'ahead');
  });
});
