import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { agoText, clockText, durationText, timecodeText, zoneText } from '../../web/dom/clock-text.ts';

describe('clockText', () => {
  test('gives the time of day, with milliseconds when asked', () => {
    const date = new Date(2024, 1, 3, 4, 5, 6, 78).getTime() * 1000;
    assert.equal(clockText(date), '04:05:06');
    assert.equal(clockText(date, true), '04:05:06.078');
  });
});

describe('durationText', () => {
  test('is as fine as it is short', () => {
    assert.deepEqual(
      [0.4, 9.994, 12.34, 59.96, 245, 3600, 7325].map((seconds) => durationText(seconds * 1e6)),
      ['0.40 s', '9.99 s', '12.3 s', '1:00', '4:05', '1:00:00', '2:02:05'],
    );
  });
});

describe('agoText', () => {
  test('is rough on purpose', () => {
    assert.deepEqual(
      [-3, 0.4, 12, 245, 7300].map((seconds) => agoText(seconds * 1e6)),
      ['now', 'now', '12 s ago', '4 min ago', '2 h ago'],
    );
  });
});

describe('timecodeText', () => {
  test('counts frames within the second, from a PTS rounded to microseconds', () => {
    const at = (frames: number, rate: number) => timecodeText(Math.round((frames * 1e6) / rate), rate);
    assert.equal(at(0, 30), '00:00:00:00');
    assert.equal(at(29, 30), '00:00:00:29');
    assert.equal(at(30 * 3661 + 7, 30), '01:01:01:07');
    assert.equal(at(25 * 60 - 1, 25), '00:00:59:24');
    for (let frame = 0; frame < 60; frame += 1) {
      assert.equal(at(frame, 60), `00:00:00:${String(frame).padStart(2, '0')}`);
    }
  });

  test('gives milliseconds while the rate is not known', () => {
    assert.equal(timecodeText(1_234_567, 0), '00:00:01.234');
  });
});

describe('zoneText', () => {
  test('tells the distance from UTC on that day, with minutes where there are any', () => {
    const before = process.env.TZ;
    const said = (zone: string, date: string) => {
      process.env.TZ = zone;
      return zoneText(Date.parse(date) * 1000);
    };
    try {
      assert.equal(said('UTC', '2026-01-05T12:00:00Z'), 'UTC');
      assert.equal(said('Europe/Berlin', '2026-01-05T12:00:00Z'), 'UTC+1');
      assert.equal(said('Europe/Berlin', '2026-07-05T12:00:00Z'), 'UTC+2');
      assert.equal(said('Asia/Kolkata', '2026-01-05T12:00:00Z'), 'UTC+5:30');
      assert.equal(said('America/St_Johns', '2026-01-05T12:00:00Z'), 'UTC−3:30');
    } finally {
      if (before === undefined) delete process.env.TZ;
      else process.env.TZ = before;
    }
  });
});
