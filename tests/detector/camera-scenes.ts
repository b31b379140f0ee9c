import type { LightScene } from './light-scenes.ts';
import type { Place } from './places.ts';
import type { Camera, Scenery, Thing } from './scenery.ts';

const wide = (x: number, y: number) => 1 - (x - 0.5) ** 2 * 2 - (y - 0.5) ** 2;
const aside = (x: number, y: number) => Math.max(0, 1 - ((x - 0.4) / 0.6) ** 2 - ((y - 0.6) / 0.7) ** 2);

/** A camera that turns to grey and to its own infrared light at `at`. */
const infrared = (at: number, reach = wide, night: (t: number) => Camera = () => ({ noise: 4 })) => ({
  ambient: (t: number) => (t < at ? 0.4 : 0.02),
  lamps: [{ strength: (t: number) => (t < at ? 0 : 1.2), reach }],
  camera: (t: number): Camera => (t < at ? {} : { saturation: 0, ...night(t) }),
});

/** Comes at a steady pace from the left, goes out to the right. */
const passer = (from: number): Thing => ({
  colour: [0.3, 0.3, 0.35],
  box: (t) => (t < from ? undefined : { x: -0.12 + (t - from) * 0.16, y: 0.3, w: 0.12, h: 0.5 }),
});

const scene = (
  place: Place,
  name: string,
  what: Omit<Scenery, 'seconds'>,
  events: LightScene['events'] = [],
): LightScene => ({
  name: `${place}: ${name}`,
  scene: { place, seconds: 22, ...what },
  events,
  tolerance: 1,
});

/** A camera that turns to grey in a light of its own, or back: over within five seconds, and nobody is missed. */
export const cameraScenes: readonly LightScene[] = [
  scene('office', 'infrared light that does not reach everywhere', infrared(6, aside)),
  scene(
    'street',
    'infrared light while the exposure settles',
    infrared(6, wide, (t) => ({ noise: 4, exposure: 1 + 0.8 * Math.exp((6 - t) / 0.7) })),
  ),
  scene(
    'study',
    'infrared light with few bits',
    infrared(6, wide, () => ({ noise: 4, blocks: 6 })),
  ),
  scene('street', 'daylight again after infrared light', {
    ambient: (t) => (t < 6 ? 0.02 : 0.4),
    lamps: [{ strength: (t) => (t < 6 ? 1.2 : 0), reach: wide }],
    camera: (t) => (t < 6 ? { saturation: 0, noise: 4 } : {}),
  }),
  scene(
    'study',
    'somebody passes a second after the turn to infrared light',
    {
      ...infrared(6),
      things: [passer(7.5)],
    },
    [[7.8, 14.4]],
  ),
  scene(
    'street',
    'somebody passes while the camera turns to infrared light',
    {
      ...infrared(10),
      things: [passer(7)],
    },
    [
      [7.4, 10],
      [11.1, 14],
    ],
  ),
];
