import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMotionDetector } from '../../src/detector/motion.ts';
import { cameraScenes } from './camera-scenes.ts';
import { type LightScene, lightScenes } from './light-scenes.ts';
import { draw } from './scenery.ts';

/** What only light, weather or the camera did may be marked for so long, in seconds. */
const LONGEST_MISTAKE = 5;

/** Events found in a scene, as [begin, end] in seconds; one that is still open ends at infinity. */
function eventsOf({ scene }: LightScene): [number, number][] {
  const detector = createMotionDetector();
  const events = new Map<string, [number, number]>();
  for (const picture of draw(scene)) {
    for (const said of detector.look(picture)) {
      if (said.type === 'begin') events.set(said.key, [said.pts / 1e6, Number.POSITIVE_INFINITY]);
      else (events.get(said.key) as [number, number])[1] = said.pts / 1e6;
    }
  }
  return [...events.values()];
}

describe('the motion detector in changing light', () => {
  for (const scene of [...lightScenes, ...cameraScenes]) {
    test(scene.name, () => {
      const found = eventsOf(scene);
      const text = found.map(([from, to]) => `${from.toFixed(1)}–${to.toFixed(1)}`).join(', ');
      if (scene.events.length === 0) {
        for (const [from, to] of found) assert.ok(to - from <= LONGEST_MISTAKE, text);
        return;
      }
      assert.equal(found.length, scene.events.length, text);
      for (const [i, [from, to]] of scene.events.entries()) {
        const [began, ended] = found[i] as [number, number];
        const tolerance = scene.tolerance ?? 0.75;
        assert.ok(Math.abs(began - from) <= tolerance && Math.abs(ended - to) <= tolerance, text);
      }
    });
  }
});
