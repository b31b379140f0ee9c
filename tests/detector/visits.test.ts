import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { createMotionDetector } from '../../src/detector/motion.ts';
import type { Picture } from '../../src/frames/picture.ts';
import { ROOT } from '../root.ts';
import { decode } from './decode.ts';

/** The real room; too large to be part of the project. Where it is not there one is drawn that asks for the same. */
const clip = join(ROOT, '../shared/clips/one-by-one-person-detection.mp4');
/**
 * First picture with somebody and first without, in seconds, read off the frames; the list beside the clip agrees
 * within its own ± 2 s and a frame or two.
 */
const visits = [
  [6.0, 19.9],
  [22.7, 45.0],
  [50.2, 70.1],
  [74.5, 86.9],
  [92.1, 120.1],
  [123.4, 136.2],
] as const;
const TOLERANCE = 0.6;

/** How bright it is at a time in seconds: dusk, from 47 to 110 s. */
const dusk = (seconds: number) => 1 - 0.6 * Math.max(0, Math.min(1, (seconds - 47) / 63));

describe('the motion detector in a real room, also with light laid on it', () => {
  const room: Picture[] = [];
  before(async () => {
    const shown = visits.map(([from, to]) => `between(t,${from},${to})`).join('+');
    const wood = 'color=0xb08050:s=768x432:r=10:d=139,noise=alls=6:allf=t';
    const person = `drawbox=x=300+20*sin(t):y=120:w=80:h=300:color=0x202028:t=fill:enable='${shown}'`;
    const input = existsSync(clip) ? ['-i', clip] : ['-f', 'lavfi', '-i', `${wood},${person}`];
    for await (const picture of decode(input, { width: 768, height: 432, fps: 10 })) room.push(picture);
  });

  test('finds six visits, each as one event', () => {
    // Drawn ones are as exact as the drawing.
    assertVisits(room, existsSync(clip) ? TOLERANCE : 0.2);
  });

  test('finds the same six visits while dusk falls', () => assertVisits(room.map(lit), TOLERANCE));
});

function assertVisits(pictures: readonly Picture[], tolerance: number): void {
  const found: [number, number][] = [];
  const detector = createMotionDetector();
  for (const picture of pictures)
    for (const said of detector.look(picture)) {
      assert.ok(said.pts <= picture.pts);
      if (said.type === 'begin') found.push([said.pts / 1e6, Number.POSITIVE_INFINITY]);
      else (found.at(-1) as [number, number])[1] = said.pts / 1e6;
    }
  const text = found.map(([from, to]) => `${from.toFixed(1)}–${to.toFixed(1)}`).join(', ');
  assert.equal(found.length, visits.length, text);
  for (const [i, [from, to]] of visits.entries()) {
    const [began, ended] = found[i] as [number, number];
    assert.ok(Math.abs(began - from) <= tolerance && Math.abs(ended - to) <= tolerance, text);
  }
}

/** Lays the light on a picture. */
function lit(picture: Picture): Picture {
  const factor = dusk(picture.pts / 1e6);
  const data = new Uint8ClampedArray(picture.data);
  for (let at = 0; at < data.length; at += 4)
    for (let c = at; c < at + 3; c += 1) data[c] = (data[c] as number) * factor;
  return { ...picture, data: new Uint8Array(data.buffer) };
}
