import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { appendInitOnce, type VhsInit } from '../../web/player/vhs-init.ts';

type Wanted = Parameters<VhsInit['getInitSegmentAndUpdateState_']>[0];

/** As VHS 3.17 does it, where each piece comes in a playlist of its own. */
class Forgetful implements VhsInit {
  activeInitSegmentId_: string | null = null;

  getInitSegmentAndUpdateState_({ map }: Wanted): Uint8Array | null {
    if (map && this.activeInitSegmentId_ === `Infinity,0,${map.resolvedUri}`) return null;
    this.activeInitSegmentId_ = null;
    return new Uint8Array(1);
  }
}

describe('appendInitOnce', () => {
  test('has an init segment appended before the first piece of it only, and again when all was thrown away', () => {
    const loader = new Forgetful();
    const appends = (resolvedUri: string) =>
      loader.getInitSegmentAndUpdateState_({ map: { resolvedUri } }) !== null;
    assert.deepEqual([appends('a'), appends('a')], [true, true], 'VHS by itself');
    appendInitOnce(loader);
    assert.deepEqual(['a', 'a', 'a', 'b', 'b', 'a'].map(appends), [true, false, false, true, false, true]);
    loader.activeInitSegmentId_ = null;
    assert.deepEqual([appends('a'), appends('a')], [true, false]);
  });

  test('leaves media without EXT-X-MAP alone', () => {
    const loader = new Forgetful();
    appendInitOnce(loader);
    assert.notEqual(loader.getInitSegmentAndUpdateState_({ map: null }), null);
    assert.equal(loader.activeInitSegmentId_, null);
  });
});
