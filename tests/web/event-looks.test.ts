import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { COLOURS, createEventLooks, PATTERNS } from '../../web/markers/event-looks.ts';
import type { Marker } from '../../web/markers/marker-list.ts';
import { contrast, difference, eyes, type Rgb, readHex, seenBy } from './colour-vision.ts';

const of = (...kinds: string[]): Marker[] =>
  kinds.map((kind, at) => ({
    id: `${at}`,
    pts: at,
    date: at,
    duration: 0,
    text: '',
    class: kind,
    source: '',
  }));

describe('createEventLooks', () => {
  test('gives twelve classes twelve colours, all plain, in order of appearance', () => {
    const looks = createEventLooks();
    const kinds = ['car', 'dog', 'door', 'bird', 'cat', 'bus', 'fox', 'goat', 'hare', 'lynx', 'mole', 'newt'];
    looks.learn(of(...kinds, 'car', 'newt'));
    assert.deepEqual(
      kinds.map((kind) => looks.of(kind).colour),
      [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1],
    );
    assert.ok(kinds.every((kind) => looks.of(kind).pattern === 0));
  });

  test('keeps mint for mint squares and orange for motion, also when they come later', () => {
    const looks = createEventLooks();
    looks.learn(of('a', 'b'));
    looks.learn(of('a', 'b', 'motion', 'mint-square'));
    assert.deepEqual([looks.of('mint-square').colour, looks.of('motion').colour], [0, 1]);
  });

  test('after the colours gives patterns, forty-eight looks in all', () => {
    const looks = createEventLooks();
    const kinds = Array.from({ length: COLOURS * PATTERNS }, (_, at) => `class ${at}`);
    looks.learn(of(...kinds));
    const seen = new Set(kinds.map((kind) => JSON.stringify(looks.of(kind))));
    assert.equal(seen.size, kinds.length);
    assert.ok(kinds.slice(COLOURS).every((kind) => looks.of(kind).pattern > 0));
  });

  test('changes nobody’s look, and takes that of a class that is gone before a pattern', () => {
    const looks = createEventLooks();
    const kinds = Array.from({ length: COLOURS }, (_, at) => `class ${at}`);
    looks.learn(of(...kinds));
    const [first, ...rest] = kinds.map((kind) => looks.of(kind));
    looks.learn(of(...kinds.slice(1), 'new'));
    assert.deepEqual(looks.of('new'), first);
    assert.deepEqual(
      kinds.slice(1).map((kind) => looks.of(kind)),
      rest,
    );
  });
});

describe('the colours of events', async () => {
  const css = await readFile('web/styles/page.css', 'utf8');
  const colours = [...css.matchAll(/--event-\d+: (#[0-9a-f]{6});/g)].map(([, hex = '']) => readHex(hex));

  test('are measured rightly: three of the reference pairs of CIEDE2000', () => {
    const pairs = [
      [[50, 2.6772, -79.7751], [50, 0, -82.7485], 2.0425],
      [[50, 2.5, 0], [73, 25, -18], 27.1492],
      [[22.7233, 20.0904, -46.694], [23.0331, 14.973, -42.5619], 2.0373],
    ] as const;
    for (const [one, other, far] of pairs) assert.ok(Math.abs(difference(one, other) - far) < 1e-4);
    // What the eight colours before were: a red and a green-blue that many cannot tell apart.
    const { deutan, protan } = eyes;
    assert.ok(deutan && protan);
    const pink = readHex('#e88bc4');
    const blue = readHex('#5aa9e6');
    assert.ok(difference(seenBy(protan, pink), seenBy(protan, blue)) < 12);
  });

  for (const [name, eye] of Object.entries(eyes)) {
    test(`are told apart by ${name} eyes, all pairs of them, and from the grey of mixed clusters`, () => {
      assert.equal(colours.length, COLOURS);
      const all: Rgb[] = [...colours, readHex('#c6d0de')];
      const near = all.flatMap((one, at) =>
        all.slice(at + 1).flatMap((other) => {
          const far = difference(seenBy(eye, one), seenBy(eye, other));
          return far < 12 ? [`${one} and ${other}: ${far.toFixed(1)}`] : [];
        }),
      );
      assert.deepEqual(near, []);
    });
  }

  test('stand out from the ground of timeline, chips and tips', () => {
    const faint = colours.filter((colour) => contrast(colour, readHex('#1c222b')) < 3);
    assert.deepEqual(faint, []);
  });
});

describe('kinds of objects', () => {
  test('get colours of their own, which no class of markers takes from them, and takes none from those', () => {
    const looks = createEventLooks();
    const markers = of(...Array.from({ length: 6 }, (_, at) => `class ${at}`));
    looks.learn(markers);
    const before = markers.map(({ class: kind }) => looks.of(kind).colour);
    looks.learnKinds(['cat', 'dog']);
    looks.learn(markers);
    assert.deepEqual(
      markers.map(({ class: kind }) => looks.of(kind).colour),
      before,
    );
    assert.equal(new Set([...before, looks.of('cat').colour, looks.of('dog').colour]).size, 8);
  });

  test('are told apart up to a number of them, for a label may be any text', () => {
    const looks = createEventLooks();
    looks.learnKinds(Array.from({ length: 10_000 }, (_, at) => `car ${at}`));
    assert.ok(
      new Set(Array.from({ length: 24 }, (_, at) => Object.values(looks.of(`car ${at}`)).join())).size === 24,
    );
    assert.deepEqual(looks.of('car 9999'), { colour: 0, pattern: 0 });
  });
});
