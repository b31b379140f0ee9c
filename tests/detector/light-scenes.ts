import type { Place, Rgb } from './places.ts';
import type { Scenery, Thing } from './scenery.ts';

/** A scene and what is right of it. */
export interface LightScene {
  readonly name: string;
  readonly scene: Scenery;
  /** Events with begin and end in seconds that must be found. */
  readonly events: readonly (readonly [from: number, to: number])[];
  /** How far begins and ends may lie off, in seconds. @default 0.75 */
  readonly tolerance?: number;
}

const places = ['study', 'office', 'street'] as const;

const step = (at: number) => (t: number) => (t >= at ? 1 : 0);
const ramp = (from: number, length: number) => (t: number) => Math.max(0, Math.min(1, (t - from) / length));
const right = (x: number) => (x > 0.6 ? 1 : 0);
const corner = (x: number, y: number) => (x > 0.55 && y > 0.3 && x + y > 1.1 ? 1 : 0);
const pool = (x: number, y: number) => Math.max(0, 1 - ((x - 0.7) / 0.35) ** 2 - ((y - 0.5) / 0.5) ** 2);
const blinds = (x: number, y: number) => (x > 0.5 && Math.floor(y * 14) % 2 === 0 ? 1 : 0);
const tungsten: Rgb = [1.3, 1, 0.6];

/** Walks in from the left, stands, walks out to the right. */
const walker = (
  from: number,
  to: number,
  more: Partial<Thing> = {},
  size = [0.12, 0.55],
  stand = 0.42,
): Thing => ({
  colour: [0.05, 0.06, 0.12],
  ...more,
  box: (t) => {
    if (t < from || t >= to) return undefined;
    const [w, h] = size as [number, number];
    const x = Math.min(stand, -w + 0.02 + (t - from) * 0.4) + Math.max(0, (t - (to - 2)) * 0.4);
    return { x, y: 0.9 - h, w, h };
  },
});

const still = (from: number, to: number, x: number, y: number, w: number, h: number, colour: Rgb): Thing => ({
  colour,
  box: (t) => (t >= from && t < to ? { x, y, w, h } : undefined),
});

/** Only light, weather or the camera change: nothing is to be marked, or for less than five seconds. */
const quiet: readonly (readonly [string, Scenery])[] = places.flatMap((place) => {
  const of = (name: string, scene: Omit<Scenery, 'seconds'>, seconds = 19): readonly [string, Scenery] => [
    `${place}: ${name}`,
    { place, seconds, ...scene },
  ];
  return [
    of('a lamp lights the right part, with a sharp edge', { lamps: [{ strength: step(6), reach: right }] }),
    of('a lamp goes out in a corner', {
      lamps: [{ strength: (t) => (t < 6 ? 1.5 : 0), reach: corner }],
    }),
    of('a warm lamp, a pool of light', {
      lamps: [{ strength: (t) => 2 * step(6)(t), reach: pool, colour: tungsten }],
    }),
    of('sun through blinds comes and goes', {
      lamps: [{ strength: (t) => 1.2 * (t > 6 && t < 14 ? 1 : 0), reach: blinds }],
    }),
    of('a lamp in a part of it in a nearly dark room', {
      ambient: () => 0.15,
      lamps: [{ strength: step(6), reach: right }],
    }),
    of('a cloud draws over a part within five seconds', {
      lamps: [{ strength: () => 1, reach: (x, _, t) => 1 - ramp(6 + 3 * x, 3)(t) * (x > 0.3 ? 1 : 0) }],
    }),
    of('the sun fades in on a part within eight', { lamps: [{ strength: ramp(6, 8), reach: corner }] }),
    of(
      'a part drifts brighter within twenty',
      { lamps: [{ strength: (t) => 2 * ramp(6, 20)(t), reach: right }] },
      36,
    ),
    of('dusk', { ambient: (t) => 1 - 0.85 * ramp(3, 30)(t) }, 36),
    of('the camera turns to grey', { camera: (t) => ({ saturation: t < 6 ? 1 : 0 }) }),
    of('and to grey with more gain and noise', {
      ambient: () => 0.3,
      camera: (t) => (t < 6 ? { noise: 3 } : { saturation: 0, exposure: 2.2, noise: 6 }),
    }),
    of('and back to colour', { camera: (t) => ({ saturation: t < 6 ? 0 : 1, noise: 3 }) }),
    of('infrared light from the camera instead of daylight', {
      ambient: (t) => (t < 6 ? 0.4 : 0.02),
      lamps: [
        { strength: (t) => 1.2 * step(6)(t), reach: (x, y) => 1 - (x - 0.5) ** 2 * 2 - (y - 0.5) ** 2 },
      ],
      camera: (t) => (t < 6 ? {} : { saturation: 0, noise: 4 }),
    }),
    of('white balance shifts', {
      camera: (t) => ({ balance: t < 6 ? [1, 1, 1] : [1.35, 1, 0.7] }),
    }),
    of('white balance drifts to and fro', {
      camera: (t) => ({ balance: [1 + 0.3 * Math.sin(t / 2), 1, 1 - 0.3 * Math.sin(t / 2)] }),
    }),
    of('exposure pumps', { camera: (t) => ({ exposure: 1 + 0.6 * Math.sin(t * 1.5) * step(4)(t) }) }),
    of('exposure jumps up and settles', {
      camera: (t) => ({ exposure: t < 6 ? 1 : 1 + 1.5 * Math.exp(-(t - 6) / 1.5) }),
    }),
    of('mains light beats', { lamps: [{ strength: (t) => 0.5 + 0.5 * Math.sin(t * 5), reach: right }] }),
    of('mains light rolls through the lines', {
      lamps: [{ strength: () => 0.5, reach: (_, y, t) => 0.5 + 0.5 * Math.sin(y * 9 + t * 4) }],
    }),
    of('headlights sweep over', {
      ambient: () => 0.3,
      lamps: [
        {
          strength: (t) => 2 * (t > 6 && t < 8 ? 1 : 0),
          reach: (x, y, t) => pool(x + 1.2 - (t - 6) * 0.9, y),
        },
      ],
    }),
    of('noise grows in the dark', {
      ambient: (t) => 0.5 - 0.4 * ramp(4, 10)(t),
      camera: (t) => ({ noise: 2 + 12 * ramp(4, 10)(t) }),
    }),
    of('blocks pulse with the key frames', {
      camera: (t) => ({ blocks: t % 2 < 0.25 ? 2 : 10, noise: 3 }),
    }),
    of('it rains', { rain: 0.01 }),
    of('it begins to snow', { rain: 0.004, lamps: [{ strength: (t) => -0.2 * ramp(5, 5)(t) }] }),
  ];
});

/** Somebody or something is there: marked from its first to its last moment, whatever the light does. */
const busy: readonly LightScene[] = places.flatMap((place) => {
  const of = (
    name: string,
    scene: Omit<Scenery, 'seconds'>,
    events: LightScene['events'],
    seconds = 22,
    tolerance = 0.75,
  ): LightScene => ({ name: `${place}: ${name}`, scene: { place, seconds, ...scene }, events, tolerance });
  return [
    of('somebody comes, stays and goes', { things: [walker(6, 18)] }, [[6, 18]]),
    of('somebody small, 2 % of the picture', { things: [walker(6, 18, {}, [0.06, 0.33])] }, [[6, 18]]),
    of(
      'somebody in the dark, in dark clothes',
      {
        ambient: () => 0.12,
        things: [walker(6, 18, { colour: [0.01, 0.01, 0.012] })],
        camera: () => ({ noise: 3 }),
      },
      [[6, 18]],
      22,
      1,
    ),
    of(
      'somebody slow',
      {
        things: [
          {
            colour: [0.5, 0.1, 0.1],
            box: (t) => (t < 6 ? undefined : { x: -0.15 + (t - 6) * 0.06, y: 0.3, w: 0.15, h: 0.5 }),
          },
        ],
      },
      [[6.5, 25.2]],
      30,
      1,
    ),
    of(
      'the lamp goes on with whoever comes in',
      {
        lamps: [{ strength: step(6), reach: right }],
        things: [walker(6, 18)],
      },
      [[6, 18]],
    ),
    of(
      'all the light goes on with whoever comes in',
      {
        ambient: (t) => (t < 6 ? 0.25 : 1),
        things: [walker(6, 18)],
      },
      [[6, 18]],
      22,
      1,
    ),
    of(
      'somebody comes while the exposure pumps',
      {
        camera: (t) => ({ exposure: 1 + 0.4 * Math.sin(t * 1.5) }),
        things: [walker(6, 18)],
      },
      [[6, 18]],
      22,
      1,
    ),
    of(
      'the camera turns to grey while somebody stands there',
      {
        camera: (t) => ({ saturation: t < 12 ? 1 : 0 }),
        things: [walker(6, 18)],
      },
      [[6, 18]],
      22,
      1,
    ),
    of(
      'the lamp goes on after somebody has come',
      {
        lamps: [{ strength: step(11), reach: right }],
        things: [walker(6, 18)],
      },
      [[6, 18]],
      22,
      1,
    ),
    of(
      'somebody in the light of a lamp that goes out',
      {
        lamps: [{ strength: (t) => (t < 12 ? 1 : 0), reach: (x) => (x > 0.3 ? 1 : 0) }],
        things: [walker(6, 18)],
      },
      [[6, 18]],
      22,
      1,
    ),
    of(
      'a bright thing put there stays an event for a minute',
      {
        things: [still(6, 66, 0.4, 0.4, 0.12, 0.3, [0.6, 0.5, 0.1])],
      },
      [[6, 66]],
      70,
    ),
  ];
});

const all: readonly LightScene[] = [...quiet.map(([name, scene]) => ({ name, scene, events: [] })), ...busy];

/** Places that a kind must not leave out: those where it once went wrong. */
const KEPT = /street: infrared|study: somebody in the light of a lamp that goes out/;

const kinds = [...new Set(all.map(({ name }) => name.split(': ')[1] as string))];

/** Scenes with what is right of them: each kind in two of the three places, so that all of it stays quick. */
export const lightScenes = all.filter(({ name }) => {
  const [place, kind] = name.split(': ') as [Place, string];
  return KEPT.test(name) || places.indexOf(place) !== kinds.indexOf(kind) % places.length;
});
