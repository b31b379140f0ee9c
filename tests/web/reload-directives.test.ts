import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { correctReload } from '../../web/player/reload-directives.ts';

const closed = { duration: 2 };
const open = (parts: number) => ({ duration: 2, preload: true, parts: Array(parts).fill({ duration: 0.3 }) });
const asked = (query: string, segments: object[], partTargetDuration?: number) =>
  correctReload(
    `http://host/main/media.m3u8${query}`,
    {
      mediaSequence: 10,
      segments,
      ...(partTargetDuration === undefined ? {} : { partTargetDuration }),
    },
    { now: 0, serverNow: 0 },
  ).replace('http://host/main/media.m3u8', '');

describe('correctReload', () => {
  test('asks for the next part of the open segment', () => {
    assert.equal(
      asked('?_HLS_msn=12&_HLS_part=3', [closed, closed, open(3)], 0.34),
      '?_HLS_msn=12&_HLS_part=3',
    );
  });

  test('asks for the first part of the next segment once a segment has closed', () => {
    assert.equal(asked('?_HLS_msn=11&_HLS_part=5', [closed, closed], 0.34), '?_HLS_msn=12&_HLS_part=0');
    assert.equal(asked('?_HLS_msn=11&_HLS_part=0', [closed, closed], 0.34), '?_HLS_msn=12&_HLS_part=0');
  });

  test('keeps other directives', () => {
    assert.equal(
      asked('?_HLS_skip=YES&_HLS_msn=11&_HLS_part=5', [closed, closed], 0.34),
      '?_HLS_skip=YES&_HLS_msn=12&_HLS_part=0',
    );
  });

  test('leaves alone what does not block, and playlists without parts', () => {
    assert.equal(asked('', [closed, open(1)], 0.34), '');
    assert.equal(asked('?_HLS_msn=12', [closed, closed]), '?_HLS_msn=12');
    assert.equal(
      correctReload('http://host/0.m4s', undefined, { now: 0, serverNow: 0 }),
      'http://host/0.m4s',
    );
  });

  test('asks for the whole playlist when what is known is older than half of what a delta may skip', () => {
    const at = (seconds: number, query = '?_HLS_skip=YES&_HLS_msn=12') =>
      correctReload(
        `http://host/media.m3u8${query}`,
        { lastRequest: 1000, serverControl: { canSkipUntil: 12 } },
        { now: 1000 + seconds * 1000, serverNow: 0 },
      ).replace('http://host/media.m3u8', '');
    assert.equal(at(6), '?_HLS_skip=YES&_HLS_msn=12');
    assert.equal(at(6.1), '?_HLS_msn=12');
    assert.equal(at(90, '?_HLS_skip=YES'), '');
    assert.equal(at(90, '?_HLS_msn=12'), '?_HLS_msn=12');
  });

  test('asks for the whole playlist when what came just now is as old', () => {
    const at = (seconds: number) =>
      correctReload(
        'http://host/media.m3u8?_HLS_skip=YES',
        {
          ...{ lastRequest: 5000, serverControl: { canSkipUntil: 12 } },
          segments: [{ duration: 2, dateTimeObject: new Date(1000) }, closed],
        },
        { now: 5000, serverNow: 5000 + seconds * 1000 },
      ).replace('http://host/media.m3u8', '');
    assert.equal(at(6), '?_HLS_skip=YES');
    assert.equal(at(6.1), '');
  });
});
