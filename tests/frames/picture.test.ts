import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { downscale } from '../../src/frames/picture.ts';

function plain(width: number, height: number, colour = [10, 20, 30, 255]) {
  const data = new Uint8Array(width * height * 4);
  for (let i = 0; i < data.length; i += 1) data[i] = colour[i % 4] as number;
  return { width, height, data };
}

describe('downscale', () => {
  test('makes 160 pixels of width and keeps the aspect', () => {
    const sizes = [
      [1920, 1080],
      [640, 360],
      [768, 432],
      [1080, 1920],
      [7680, 4320],
    ] as const;
    for (const [width, height] of sizes) {
      const small = downscale(plain(width, height));
      assert.equal(small.width, 160);
      assert.ok(Math.abs(small.height - (160 * height) / width) <= 0.5);
      assert.equal(small.data.length, small.width * small.height * 4);
    }
  });

  test('never enlarges, and keeps a very wide picture high enough to see something', () => {
    assert.deepEqual(downscale(plain(64, 36)), plain(64, 36));
    assert.equal(downscale(plain(7680, 128)).height, 64);
    assert.equal(downscale(plain(160, 90)).width, 160);
  });

  test('keeps a plain colour, makes the picture opaque and averages what is finer than a pixel', () => {
    const small = downscale(plain(640, 360, [0x3e, 0xb4, 0x89, 0]));
    assert.deepEqual([...small.data.subarray(0, 4)], [0x3e, 0xb4, 0x89, 255]);
    const stripes = plain(320, 180);
    for (let i = 0; i < stripes.data.length; i += 1) stripes.data[i] = (i >> 2) % 2 === 0 ? 0 : 200;
    assert.equal(downscale(stripes).data[0], 100);
  });

  test('shares no memory with the frame, whose owner may draw into it again', () => {
    for (const width of [64, 640]) {
      const frame = plain(width, 36);
      const small = downscale(frame);
      frame.data.fill(0);
      assert.equal(small.data[0], 10);
      assert.equal(small.data.byteLength, small.data.buffer.byteLength, 'nothing else travels with it');
    }
  });

  test('takes a Buffer that begins anywhere in the memory of another', () => {
    for (const width of [64, 640]) {
      const { data, height } = plain(width, 36);
      const unaligned = Buffer.concat([Buffer.alloc(5), data]).subarray(5);
      assert.equal(unaligned.byteOffset % 4, 1);
      const small = downscale({ width, height, data: unaligned });
      unaligned.fill(0);
      assert.deepEqual(small, downscale(plain(width, 36)));
    }
  });

  test('takes well below 5 % of a core at 1080p and 30 frames a second', () => {
    const frame = plain(1920, 1080);
    for (let i = 0; i < 20; i += 1) downscale(frame);
    const before = process.cpuUsage();
    for (let i = 0; i < 60; i += 1) downscale(frame);
    const { user, system } = process.cpuUsage(before);
    const share = ((user + system) / 60) * 30 * 1e-6;
    assert.ok(share < 0.05, `${(share * 100).toFixed(1)} % of a core`);
  });
});
