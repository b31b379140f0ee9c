import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Victim } from './cells.ts';
import { FaultySystem } from './faulty-system.ts';

/** A picture that a detector has seen gets into no playlist: whoever kept it dies before its part is listed. */
describe('a marker of a frame that never came to be listed', () => {
  let system: FaultySystem;
  before(async () => {
    // Frames are on their way for as long as a part takes.
    system = await FaultySystem.start(false, 3, ['--part', '1', '--event-mean', '1']);
  });
  after(() => system?.stop());

  const cells: readonly (readonly Victim[])[] = [['stream'], ['stream', 'detect']];
  for (const victims of cells)
    test(`says so, or is withdrawn: ${victims.join(' + ')} killed`, async (t) => {
      for (let tries = 1; ; tries += 1) {
        const id = await system.killUnlisted(victims);
        await system.recovered();
        // Its part may have been listed in the very moment.
        if (await system.isLost(id)) return t.diagnostic(`${id}, try ${tries}`);
        assert.ok(tries < 10, 'no frame was ever lost: that shows nothing');
      }
    });

  test('and none lies on another frame than its own, nor is one lost that a client was told to be there', async () => {
    const { shown, posted, misplaced, unsaid, untold, lost, moved } = await system.truth(1);
    assert.ok(shown > 0 && posted > 20, `${shown}, ${posted}`);
    assert.deepEqual(
      { misplaced, unsaid, untold, lost, moved },
      { misplaced: [], unsaid: [], untold: [], lost: [], moved: [] },
    );
  });
});
