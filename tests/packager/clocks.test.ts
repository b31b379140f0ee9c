import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ptsAtDate } from '../../src/hls/media-time.ts';
import type { MediaState } from '../../src/hls/playlist-log.ts';
import { nextAnchor } from '../../src/packager/epoch.ts';
import { Shelf } from '../thumbnails/shelf.ts';
import { PlainEncoder } from './plain-encoder.ts';
import { later, openPackager, START, steady } from './real-packager.ts';

const HOUR = 3600e6;
const STEPS = { 'an hour on': HOUR, 'an hour back': -HOUR, 'a day on': 24 * HOUR, 'a day back': -24 * HOUR };

/** Which clock a source dates its frames by. */
type Dating = 'its beginning' | 'each frame';

/** Ten seconds of frames, the wall clock set by `step` after five. */
async function stepped(step: number, dating: Dating, again = 0) {
  let now = 0;
  let wall = START + 7000;
  const opened = await openPackager(600, undefined, undefined, {
    ...{ encoder: new PlainEncoder(), storage: new Shelf(), paced: false },
    ...{ now: () => now, wallClock: () => wall },
  });
  const frames = function* () {
    for (const frame of steady(10)) {
      now = frame.pts / 1000;
      const by = frame.pts < 5e6 ? 0 : frame.pts < 8e6 ? step : step + again;
      wall = START + frame.pts + by + 7000;
      yield { ...frame, capturedAt: START + frame.pts + (dating === 'each frame' ? by : 0) };
    }
  };
  await opened.packager.package(later(frames()), () => false);
  await opened.close();
  return opened;
}

function rises(values: readonly number[]): boolean {
  return values.every((value, index) => index === 0 || value > (values[index - 1] ?? 0));
}

/** Date against PTS, to the nearest second. */
const offsets = ({ segments }: MediaState) => [
  ...new Set(segments.map(({ date, pts }) => Math.round((date - pts - START) / 1e6))),
];

describe('a wall clock that is set while a stream runs', () => {
  for (const [what, step] of Object.entries(STEPS)) {
    for (const dating of ['its beginning', 'each frame'] as const) {
      test(`${what}, a source that reads it at ${dating}: PTS go on as time does, and dates follow at once`, async () => {
        const { state, frames, events } = await stepped(step, dating);
        assert.ok(rises(frames.map(({ pts }) => pts)));
        assert.ok((frames.at(-1)?.pts ?? 0) < 10.1e6, 'no time has gone by for it');
        assert.deepEqual(offsets(state), [0, step / 1e6]);
        const runs = state.segments.filter(({ discontinuity }) => discontinuity);
        assert.equal(runs.length, 1);
        assert.ok(Math.abs((runs[0]?.pts ?? 0) - 5e6) < 0.1e6);
        assert.deepEqual(
          events.filter(({ type }) => type === 'clock-set'),
          [{ type: 'clock-set', seconds: step / 1e6 }],
        );
        // Each frame's date is that of its capture, as the clock said it then.
        for (const { date, pts } of frames)
          assert.ok(Math.abs(date - START - pts - (pts < 4.95e6 ? 0 : step)) < 50e3);
      });
    }
  }

  test('twice, there and back, and a sleep of ten minutes, as far as the clocks can tell', async () => {
    for (const dating of ['its beginning', 'each frame'] as const) {
      const { state } = await stepped(600e6, dating, -600e6);
      assert.deepEqual(offsets(state), [0, 600]);
      const last = state.segments.at(-1);
      assert.equal(Math.round(((last?.date ?? 0) - START - (last?.pts ?? 0)) / 1e6), 0);
    }
  });

  test('by less than a second, as NTP does it: nothing happens', async () => {
    const { state, events } = await stepped(400e3, 'each frame');
    assert.equal(state.segments.filter(({ discontinuity }) => discontinuity).length, 0);
    assert.ok(!events.some(({ type }) => type === 'clock-set'));
  });

  test('back: a date names the newest moment, and every moment of before that has a date of its own is found', async () => {
    const { state } = await stepped(-3e6, 'its beginning');
    // Three seconds were there twice; what comes next is not taken for what was.
    const at = (seconds: number) => Math.round((ptsAtDate(state, START + seconds * 1e6) ?? -1) / 1e5) / 10;
    assert.deepEqual([0.5, 1.9, 2.5, 4.5, 6.5].map(at), [0.5, 1.9, 5.5, 7.5, 9.5]);
    const { state: hour } = await stepped(-HOUR, 'its beginning');
    const inHour = (seconds: number) => Math.round((ptsAtDate(hour, START + seconds * 1e6) ?? -1) / 1e5) / 10;
    assert.deepEqual([0.5, 4.5].map(inHour), [0.5, 4.5]);
    assert.deepEqual([5.5 - 3600, 9.5 - 3600].map(inHour), [5.5, 9.5]);
    assert.equal(inHour(11 - 3600), 11, 'a moment ahead of the live edge is yet to come');
  });
});

describe('a process that starts after the clock was set', () => {
  test('goes on with PTS, and with the date of the clock, also where that is earlier', async () => {
    const { state } = await stepped(0, 'each frame');
    const last = state.segments.at(-1);
    const end = {
      pts: (last?.pts ?? 0) + (last?.duration ?? 0),
      date: (last?.date ?? 0) + (last?.duration ?? 0),
    };
    assert.deepEqual(nextAnchor(state, undefined, end.date - HOUR), { pts: end.pts, date: end.date - HOUR });
    assert.deepEqual(nextAnchor(state, undefined, end.date - 1e6), end, 'jitter is no clock that was set');
    assert.deepEqual(nextAnchor(state, undefined, end.date + HOUR), {
      pts: end.pts + HOUR,
      date: end.date + HOUR,
    });
    // Twenty years may have gone by; but not since a run whose clock was that wrong, between two that knew better.
    const years = 20 * 365 * 24 * HOUR;
    const now = end.date + years + 60e6;
    assert.equal(nextAnchor(state, undefined, now).pts, end.pts + years + 60e6);
    const kept = [end.date + years + 50e6, now + HOUR];
    const anchor = nextAnchor(state, undefined, now, 0, undefined, kept);
    assert.deepEqual(anchor, { pts: end.pts + 10e6, date: now });
  });
});
