import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readObjects } from '../../src/hls/frame-objects.ts';

const box = [0.1, 0.2, 0.3, 0.4];
const outline = [
  [0, 0],
  [1, 0],
  [0.5, 1],
];

describe('readObjects', () => {
  test('takes all fields, and cuts a box at the edge', () => {
    const all = { label: 'cat', score: 0.5, track: 'a', class: 'pet', box, outline };
    assert.deepEqual(readObjects([all]), { objects: [all] });
    const beyond = {
      label: 'x',
      box: [-0.1, -0.25, 0.5, 1.5],
      outline: [
        [-0.1, 0],
        [1.2, 0.5],
        [0.5, 1.1],
      ],
    };
    assert.deepEqual(readObjects([beyond]), {
      objects: [
        {
          label: 'x',
          box: [0, 0, 0.4, 1],
          outline: [
            [0, 0],
            [1, 0.5],
            [0.5, 1],
          ],
        },
      ],
    });
    assert.deepEqual(readObjects([{ label: 'x', track: 7, score: null, box: [0.75, 0.5, 0.5, 0.5] }]), {
      objects: [{ label: 'x', track: '7', box: [0.75, 0.5, 0.25, 0.5] }],
    });
  });

  test('says what is wrong, and where', () => {
    for (const [value, at, fault] of [
      [7, '', /not an array/],
      [Array(257).fill({ label: 'a', box }), '', /257 objects; a frame has at most 256/],
      [[{ label: 'a', box }, null], '/1', /not an object/],
      [[{ label: '', box }], '/0/label', /1 to 100/],
      [[{ label: 'a', score: 2, box }], '/0/score', /0 to 1/],
      [[{ label: 'a', score: '1', box }], '/0/score', /number/],
      [[{ label: 'a', track: {}, box }], '/0/track', /text/],
      [[{ label: 'a', class: '<b>', box }], '/0/class', /is not/],
      [[{ label: 'a', box: [10, 20, 30, 40] }], '/0/box', /shares of the picture/],
      [[{ label: 'a', box: [0, 0, 1] }], '/0/box', /shares/],
      [[{ label: 'a', box: [0, Number.NaN, 1, 1] }], '/0/box', /shares/],
      [[{ label: 'a', box: [0, 0, 0, 1] }], '/0/box', /no area/],
      [[{ label: 'a', box: [-0.3, 0, 0.2, 1] }], '/0/box', /no area in the picture/],
      [[{ label: 'a', box: [1, 0, 0.2, 1] }], '/0/box', /no area in the picture/],
      [[{ label: 'a', box, outline: [[0, 0]] }], '/0/outline', /3 to 256/],
      [[{ label: 'a', box, outline: [...outline, [2, 0]] }], '/0/outline', /corner/],
      [[{ label: 'a', box, colour: 'red' }], '/0', /field colour/],
      [Array(17).fill({ label: 'a', box, outline: Array(256).fill([0, 0]) }), '/16/outline', /4096/],
    ] as const) {
      const read = readObjects(value);
      assert.ok('fault' in read, JSON.stringify(value).slice(0, 80));
      assert.equal(read.at, at);
      assert.match(read.fault, fault);
    }
  });
});
