import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DiskRoom } from '../../src/packager/disk-room.ts';

const GB = 1e9;

/** Room on a disk of 10 GB, and what was asked for and said. */
function roomOf(free: number, reserve?: number) {
  const disk = { free, size: 10 * GB };
  const asked: [string, number, boolean][] = [];
  const said: boolean[] = [];
  const holds = { kept: 0.3 * GB, listed: 5 * GB };
  const release = (who: keyof typeof holds) => async (bytes: number, atOnce: boolean) => {
    asked.push([who, bytes, atOnce]);
    const freed = Math.min(bytes, holds[who]);
    holds[who] -= freed;
    disk.free += freed;
    return freed;
  };
  const room = new DiskRoom({
    ...{ space: async () => ({ ...disk }), reserve, release: [release('kept'), release('listed')] },
    short: (isShort) => said.push(isShort),
  });
  return { room, disk, asked, said };
}

describe('DiskRoom', () => {
  test('touches nothing while the reserve is free: 5 % of the disk unless told otherwise, at most 1 GB', async () => {
    const usual = roomOf(0.5 * GB);
    await usual.room.look();
    assert.deepEqual([usual.asked, usual.said], [[], []]);
    const more = roomOf(0.5 * GB, 0.6 * GB);
    await more.room.look();
    assert.deepEqual(more.asked, [['kept', 0.1 * GB, false]]);
    const none = roomOf(0, 0);
    await none.room.look();
    assert.deepEqual(none.asked, []);
  });

  test('asks those who have what is kept first, and each for no more than what lacks still', async () => {
    const { room, asked, said, disk } = roomOf(0.1 * GB);
    await room.look();
    assert.deepEqual(asked, [
      ['kept', 0.4 * GB, false],
      ['listed', 0.1 * GB, false],
    ]);
    await room.look();
    assert.deepEqual(said, [true], 'said once');
    disk.free = GB;
    await room.look();
    assert.deepEqual(said, [true, false]);
  });

  test('makes room at once for what found none, whatever the disk says of itself', async () => {
    const { room, asked } = roomOf(9 * GB);
    assert.equal(await room.make(1000), true);
    assert.deepEqual(asked, [['kept', 1000, true]]);
    assert.equal(await room.make(6 * GB), true);
    assert.equal(await room.make(1000), false, 'there is nothing left that could go');
  });
});
