import type { Picture } from '../../src/frames/picture.ts';
import { asPicture, randomNumbers } from './board.ts';
import {
  eachPixel,
  HEIGHT,
  HIGH,
  MARGIN,
  noiseField,
  type Place,
  paint,
  type Rgb,
  WIDE,
  WIDTH,
} from './places.ts';

/** A light in the scene besides the ambient one. */
export interface Lamp {
  /** How strong it is at a time in seconds; 1 is as much as the ambient light. */
  readonly strength: (seconds: number) => number;
  /** How much of it reaches a place: x and y as shares of the picture. @default all of it everywhere */
  readonly reach?: (x: number, y: number, seconds: number) => number;
  readonly colour?: Rgb;
}

/** How the camera makes a picture of the light. */
export interface Camera {
  /** @default 1 */
  readonly exposure?: number;
  /** White balance, a factor for each channel. */
  readonly balance?: Rgb;
  /** 0 is grey, 1 all colours. @default 1 */
  readonly saturation?: number;
  /** Standard deviation of the noise of a pixel, in levels of 255. @default 2 */
  readonly noise?: number;
  /** By how many pixels the picture is moved. */
  readonly shift?: readonly [number, number];
  /** Step to which each block of eight by eight is rounded, in levels: a codec short of bits. @default 0 */
  readonly blocks?: number;
}

/** An object before the scene. */
export interface Thing {
  readonly colour: Rgb;
  /** How much of a pattern it has, as a share of its colour. @default 0.25 */
  readonly pattern?: number;
  /** Where it is, as shares of the picture; undefined while it is away. */
  readonly box: (
    seconds: number,
  ) => { readonly x: number; readonly y: number; readonly w: number; readonly h: number } | undefined;
  readonly round?: boolean;
}

/** A scene with its lights, objects and camera. */
export interface Scenery {
  readonly seconds: number;
  readonly place?: Place;
  readonly ambient?: (seconds: number) => number;
  readonly lamps?: readonly Lamp[];
  readonly things?: readonly Thing[];
  readonly camera?: (seconds: number) => Camera;
  /** Share of the pixels that rain or snow covers. @default 0 */
  readonly rain?: number;
  readonly fps?: number;
  readonly seed?: number;
}

/** Draws a scene frame by frame, always the same for the same seed. */
export function* draw({
  seconds,
  place = 'study',
  ambient = () => 1,
  lamps = [],
  things = [],
  camera = () => ({}),
  rain = 0,
  fps = 8,
  seed = 1,
}: Scenery): Generator<Picture> {
  const random = randomNumbers(seed);
  const surface = paint(place, random);
  const grain = noiseField(random);
  const noise = Float32Array.from({ length: 1 << 16 }, () => gaussian(random));
  const light = new Float32Array(WIDE * HIGH * 3);
  const seen = new Float32Array(light.length);
  const drawn = new Set<number>();
  const shapes = lamps.map(() => new Float32Array(WIDE * HIGH));
  for (let number = 0; number < seconds * fps; number += 1) {
    const time = number / fps;
    light.fill(ambient(time));
    for (const [index, { strength, reach = () => 1, colour = [1, 1, 1] }] of lamps.entries()) {
      const power = strength(time);
      if (power === 0) continue;
      const shares = shapes[index] as Float32Array;
      // A shape that knows no time is reckoned once.
      if (!drawn.has(index) || reach.length === 3) {
        drawn.add(index);
        eachPixel((at, x, y) => {
          shares[at / 3] = reach(x, y, time);
        });
      }
      const [red, green, blue] = colour.map((channel) => channel * power) as unknown as Rgb;
      for (let i = 0, at = 0; i < shares.length; i += 1, at += 3) {
        const share = shares[i] as number;
        light[at] = (light[at] as number) + share * red;
        light[at + 1] = (light[at + 1] as number) + share * green;
        light[at + 2] = (light[at + 2] as number) + share * blue;
      }
    }
    for (let at = 0; at < light.length; at += 1) seen[at] = (light[at] as number) * (surface[at] as number);
    for (const thing of things) drawThing(seen, light, grain, thing, time);
    const data = develop(seen, camera(time), noise, random);
    for (let drop = 0; drop < rain * WIDTH * HEIGHT; drop += 3) {
      const at = Math.floor(random() * WIDTH * (HEIGHT - 3));
      for (let i = 0; i < 3; i += 1) data.fill(225, (at + i * WIDTH) * 4, (at + i * WIDTH) * 4 + 3);
    }
    yield asPicture(
      { width: WIDTH, height: HEIGHT, data: new Uint8Array(data.buffer) },
      Math.round((number * 1e6) / fps),
    );
  }
}

function drawThing(
  seen: Float32Array,
  light: Float32Array,
  grain: Float32Array,
  { colour, pattern = 0.25, box, round = false }: Thing,
  time: number,
): void {
  const place = box(time);
  if (place === undefined) return;
  eachPixel((at, x, y) => {
    const [u, v] = [(x - place.x) / place.w, (y - place.y) / place.h];
    if (u < 0 || u >= 1 || v < 0 || v >= 1) return;
    if (round && (u - 0.5) ** 2 + (v - 0.5) ** 2 > 0.25) return;
    // The pattern goes with the thing.
    const tone =
      1 +
      pattern *
        (grain[Math.floor(v * place.h * HEIGHT) * WIDE + Math.floor(u * place.w * WIDTH)] as number) *
        2;
    for (let c = 0; c < 3; c += 1) seen[at + c] = (colour[c] as number) * tone * (light[at + c] as number);
  });
}

/** Linear light to levels, as a camera does. */
function develop(
  seen: Float32Array,
  { exposure = 1, balance = [1, 1, 1], saturation = 1, noise = 2, shift = [0, 0], blocks = 0 }: Camera,
  table: Float32Array,
  random: () => number,
): Uint8ClampedArray {
  const data = new Uint8ClampedArray(WIDTH * HEIGHT * 4).fill(255);
  const [red1, green1, blue1] = balance.map((factor) => factor * exposure) as unknown as Rgb;
  const colourNoise = saturation > 0 ? 0.5 * noise : 0;
  let place = Math.floor(random() * table.length);
  const off = (MARGIN + Math.round(shift[1])) * WIDE + MARGIN + Math.round(shift[0]);
  for (let y = 0, to = 0; y < HEIGHT; y += 1)
    for (let x = 0; x < WIDTH; x += 1, to += 4) {
      const from = (y * WIDE + x + off) * 3;
      const red = tone((seen[from] as number) * red1);
      const green = tone((seen[from + 1] as number) * green1);
      const blue = tone((seen[from + 2] as number) * blue1);
      // Most of a sensor's noise is alike in all channels once it has been through a codec.
      const grey = 0.3 * red + 0.59 * green + 0.11 * blue;
      const common = (1 - saturation) * grey + noise * (table[place++ & 0xffff] as number) + 0.5;
      data[to] = saturation * red + common + colourNoise * (table[place++ & 0xffff] as number);
      data[to + 1] = saturation * green + common;
      data[to + 2] = saturation * blue + common + colourNoise * (table[place++ & 0xffff] as number);
    }
  if (blocks > 0) roundBlocks(data, blocks);
  return data;
}

const tone = (light: number) => TONES[Math.min(4095, (light * 4096) | 0)] as number;

const TONES = Float32Array.from({ length: 4096 }, (_, i) => 255 * (i / 4095) ** (1 / 2.2));

/** Rounds the mean of each block, and takes out half of what differs from it. */
function roundBlocks(data: Uint8ClampedArray, step: number): void {
  for (let top = 0; top < HEIGHT; top += 8)
    for (let left = 0; left < WIDTH; left += 8)
      for (let c = 0; c < 3; c += 1) {
        const places: number[] = [];
        for (let y = top; y < Math.min(HEIGHT, top + 8); y += 1)
          for (let x = left; x < Math.min(WIDTH, left + 8); x += 1) places.push((y * WIDTH + x) * 4 + c);
        const mean = places.reduce((sum, at) => sum + (data[at] as number), 0) / places.length;
        const rounded = Math.round(mean / step) * step;
        for (const at of places)
          data[at] = Math.max(0, Math.min(255, rounded + 0.5 * ((data[at] as number) - mean)));
      }
}

function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
