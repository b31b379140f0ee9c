import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noteLoaded, type PtsOffset, ptsAt } from '../../web/player/media-pts.ts';

const none: readonly PtsOffset[] = [];

describe('ptsAt', () => {
  test('knows no frame before something was loaded, and none before that', () => {
    assert.equal(ptsAt(none, 3), undefined);
    assert.equal(ptsAt(noteLoaded(none, { run: 0, pts: 100, offset: -90 }), 9.9), undefined);
  });

  test('gives the PTS to the microsecond, in a stream of the third year too', () => {
    const first = 94_608_000.123456;
    const offsets = noteLoaded(none, { run: 4, pts: first, offset: 12 - first });
    for (let frame = 0; frame < 1000; frame += 1) {
      const time = Math.round(12e6 + (frame * 1e6) / 30) / 1e6;
      const wanted = Math.round(first * 1e6) + Math.round((frame * 1e6) / 30);
      assert.ok(Math.abs((ptsAt(offsets, time) ?? 0) - wanted) <= 1, `frame ${frame}`);
    }
  });

  test('tells the runs of the encoder apart, each from its first frame on', () => {
    let offsets = noteLoaded(none, { run: 0, pts: 100, offset: -100 });
    offsets = noteLoaded(offsets, { run: 1, pts: 150, offset: -130 });
    assert.equal(ptsAt(offsets, 19.966667), 119_966_667);
    assert.equal(ptsAt(offsets, 20), 150_000_000);
    assert.equal(ptsAt(offsets, 19.999999), 150_000_000 - 1);
  });

  test('reaches back when what lies before in the run is loaded later', () => {
    let offsets = noteLoaded(none, { run: 3, pts: 200, offset: -100 });
    assert.equal(ptsAt(offsets, 95), undefined);
    offsets = noteLoaded(offsets, { run: 3, pts: 190, offset: -100 });
    assert.equal(ptsAt(offsets, 95), 195_000_000);
    assert.equal(noteLoaded(offsets, { run: 3, pts: 191, offset: -100 }), offsets);
  });

  test('believes the newer place of a run that was put elsewhere', () => {
    let offsets = noteLoaded(none, { run: 0, pts: 100, offset: -100 });
    offsets = noteLoaded(offsets, { run: 0, pts: 110, offset: -105 });
    assert.equal(ptsAt(offsets, 6), 111_000_000);
  });
});
