import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { objectsFileText } from '../../src/hls/objects-file.ts';
import {
  applyObjectsEntry,
  emptyObjectsState,
  type LoggedObjects,
  MOST_BYTES,
  type ObjectsEntry,
} from '../../src/hls/objects-log.ts';

const said = (pts: number, source = 'dog', objects = `["${pts}"]`): LoggedObjects => ({
  pts,
  source,
  objects,
});
const frames = (...all: LoggedObjects[]): ObjectsEntry => ({ type: 'frames', frames: all });
const closed = (msn: number, before: number, some = false): ObjectsEntry => ({
  ...{ type: 'closed', epoch: 'e1', msn, before, any: false, some },
});
const written = (msn: number, before: number): ObjectsEntry => ({
  type: 'written',
  epoch: 'e1',
  msn,
  before,
});

function folded(...entries: ObjectsEntry[]) {
  const state = emptyObjectsState();
  const changes = entries.map((entry) => applyObjectsEntry(state, entry));
  return { state, last: changes.at(-1), texts: [...state.frames.values()].map(({ objects }) => objects) };
}

describe('the fold of the objects log', () => {
  test('takes of a source and a frame what was said last, and the same only once', () => {
    const { last, texts } = folded(frames(said(1), said(1, 'cat')), frames(said(1), said(1, 'cat', '[]')));
    assert.deepEqual(texts, ['["1"]', '[]']);
    assert.deepEqual(last?.taken, [said(1, 'cat', '[]')]);
  });

  test('refuses what stands behind the entry that closes its segment, of a request all', () => {
    const late = frames(said(9), said(10));
    assert.deepEqual(folded(closed(0, 10), late).last, {
      ...{ taken: [said(10)], withdrawn: [], late: [said(9)], echoes: [] },
    });
    const { last, texts } = folded(closed(0, 10), { ...late, request: 'r' } as ObjectsEntry);
    assert.deepEqual([last?.taken, last?.late, texts], [[], [said(9)], []]);
  });

  test('lets go of what is in a file, and waits for no file where nothing would be in it', () => {
    const open = folded(frames(said(1), said(12)), closed(0, 10)).state;
    assert.deepEqual([open.closed, open.written], [0, -1]);
    applyObjectsEntry(open, written(0, 10));
    assert.deepEqual([open.written, [...open.frames.values()]], [0, [said(12)]]);
    assert.equal(folded(closed(4, 10)).state.written, 4);
    assert.equal(
      folded(closed(4, 10, true)).state.written,
      -1,
      'the owner knows of some that were lost here',
    );
  });

  test('begins anew with another epoch, whose frames are behind those of the one before', () => {
    const { state } = folded(frames(said(1)), closed(7, 10), {
      ...{ type: 'closed', epoch: 'e2', msn: 0, before: 20, any: false, some: false },
    });
    assert.deepEqual([state.epoch, state.closed, state.any, state.before], ['e2', 0, false, 20]);
  });

  test('withdraws what was said of pictures that a run did not bring into the media, but not what was asked for', () => {
    const ahead = { ...said(25), named: true } as const;
    const { state, last } = folded(
      frames(said(9), said(10), ahead),
      { type: 'repeated', frames: [{ pts: 10, of: 9 }] },
      { type: 'begins', at: 10 },
    );
    assert.deepEqual(last?.withdrawn, [said(10)]);
    assert.deepEqual([...state.frames.values()], [said(9), ahead]);
    assert.deepEqual(applyObjectsEntry(state, frames(said(9, 'dog', '[0]'))).echoes, []);
    assert.deepEqual(applyObjectsEntry(state, frames(said(10, 'dog', '[1]'))).taken, [
      said(10, 'dog', '[1]'),
    ]);
  });

  for (const [order, entries] of Object.entries({
    before: [{ type: 'repeated', frames: [{ pts: 5, of: 3 }] }, frames(said(3))],
    after: [frames(said(3)), { type: 'repeated', frames: [{ pts: 5, of: 3 }] }],
  } as Record<string, ObjectsEntry[]>))
    test(`gives a repeated frame that is known ${order} them its original's objects, also from a file`, () => {
      assert.deepEqual(folded(...entries).last?.echoes, [{ ...said(3), pts: 5 }]);
      const entry = { type: 'repeated', frames: [{ pts: 25, of: 3 }] } as const;
      assert.deepEqual(folded(...entries, closed(0, 10), written(0, 10), entry).last?.echoes, [
        { ...said(3), pts: 25 },
      ]);
    });

  test('holds so many bytes at most, the newest', () => {
    const large = ' '.repeat(MOST_BYTES / 16);
    const { state } = folded(...Array.from({ length: 40 }, (_, pts) => frames(said(pts, 'dog', large))));
    assert.ok(state.bytes <= MOST_BYTES && state.frames.size >= 14 && state.newest.size === 1);
    assert.equal([...state.frames.values()].at(-1)?.pts, 39);
  });

  test('writes a file in the order of frames, with PTS exact to the microsecond', () => {
    const all = [said(2_000_001, 'b', '[]'), said(1_234_567, 'b', '[]'), said(1_234_567, 'a', '[]')];
    assert.equal(
      objectsFileText(all),
      '{"version":1,"frames":[{"pts":1.234567,"source":"a","objects":[]},{"pts":1.234567,"source":"b","objects":[]},{"pts":2.000001,"source":"b","objects":[]}]}',
    );
  });
});
