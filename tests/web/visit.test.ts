import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { StreamInfo } from '../../web/api/stream-info.ts';
import { placeOf } from '../../web/session/visit.ts';

const NOON = 1_700_000_000_000_000;
const HOUR = 3_600_000_000;

/** What is listed lasts an hour, and what is kept six hours; `setBack` says by how much the clock was, a minute ago. */
function stream({ setBack = 0 } = {}): StreamInfo {
  const anchors = {
    keptFrom: { pts: 0, date: NOON - 6 * HOUR },
    start: { pts: 5 * HOUR, date: NOON - HOUR },
    edge: { pts: 6 * HOUR, date: NOON - setBack },
  };
  return anchors as unknown as StreamInfo;
}

describe('placeOf', () => {
  test('tells what is listed, kept, gone and to come', () => {
    const place = (date: number) => placeOf(stream(), date);
    assert.equal(place(NOON + 1), 'ahead');
    assert.equal(place(NOON - HOUR - 500), 'live', 'dates of links are cut to a millisecond');
    assert.equal(place(NOON - 2 * HOUR), 'kept');
    assert.equal(place(NOON - 7 * HOUR), 'gone');
  });

  test('takes what was shown before the clock was set back neither for gone nor for what is to come', () => {
    const place = (date: number) => placeOf(stream({ setBack: 24 * HOUR }), date);
    assert.equal(place(NOON - 60_000_000), 'live');
    assert.equal(place(NOON - 2 * HOUR), 'kept');
    assert.equal(place(NOON - 24 * HOUR - 10), 'live', 'it is the newest');
  });
});
