import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { HlsStreamError } from '../../src/errors.ts';
import type { LateMarking, LateObjects } from '../../src/hls/frame-marker.ts';
import { type WritableFrame, WrittenFrames } from '../../src/source/written-frames.ts';
import { openWrittenInput } from '../../src/source/written-input.ts';
import { sourceContract, take } from './source-contract.ts';

const shape = { width: 16, height: 16, format: 'gray' } as const;
const data = (value: number) => new Uint8Array(256).fill(value);
const signal = new AbortController().signal;

function opened(written: WrittenFrames, stop = signal) {
  return openWrittenInput({ ...shape, frameRate: 30, written, signal: stop, paced: false });
}

/** Resolves to the frames given out, once no more are written. */
async function drained(written: WrittenFrames) {
  return take(opened(written), 99);
}

/** What a write or a call is refused with. */
async function refusal(call: () => unknown): Promise<HlsStreamError> {
  try {
    await call();
  } catch (error) {
    assert.ok(error instanceof HlsStreamError, String(error));
    return error;
  }
  return assert.fail('it was taken');
}

sourceContract('frames written by this process', (stop) => {
  const written = new WrittenFrames(shape);
  void (async () => {
    for (let n = 0; n < 12; n += 1) await written.write({ data: data(n), pts: n / 30 });
  })();
  return opened(written, stop);
});

describe('WrittenFrames', () => {
  test('wants no more while its frames are not taken, and the next as soon as one is', async () => {
    const written = new WrittenFrames(shape);
    const resolved: number[] = [];
    const writing = (async () => {
      for (let n = 0; n < 5; n += 1) {
        await written.write({ data: data(n), pts: n });
        resolved.push(n);
      }
    })();
    for (let n = 0; n < 20; n += 1) await turn();
    const before = resolved.length;
    assert.ok(before >= 1 && before < 4, `${before}`);
    await written.next(signal);
    for (let n = 0; n < 20; n += 1) await turn();
    assert.equal(resolved.length, before + 1);
    const rest = drained(written);
    await writing;
    written.end();
    assert.deepEqual(
      (await rest).map((frame) => frame.data[0]),
      [1, 2, 3, 4],
    );
  });

  test('copies the pixels, whichever array they come in', async () => {
    const written = new WrittenFrames({ ...shape, format: 'rgba' });
    const pixels = new Uint8ClampedArray(1024).fill(7);
    await written.write({ data: pixels, pts: 0 });
    pixels.fill(9);
    written.end();
    assert.equal((await drained(written))[0]?.data[0], 7);
  });

  test('refuses what is no frame of its size, with what came and what is wanted, and goes on', async () => {
    const written = new WrittenFrames({ ...shape, format: 'nv12' });
    for (const [given, came] of [
      [new Uint8Array(256), /256 bytes, where 16x16 as nv12 takes 384/],
      ['x'.repeat(384), /string, no Uint8Array/],
      [new Uint16Array(384), /object, no Uint8Array/],
      [null, /null/],
      [undefined, /undefined/],
    ] as const) {
      const error = await refusal(() => written.write({ data: given as unknown as Uint8Array }));
      assert.equal(error.code, 'FRAME_SIZE');
      assert.match(error.message, came);
    }
    await written.write({ data: new Uint8Array(384), pts: 1 });
    assert.equal(written.count, 1);
  });

  test('refuses times that do not rise or are none; a break may begin anywhere', async () => {
    const written = new WrittenFrames(shape);
    const write = (pts: unknown, more: Partial<WritableFrame> = {}) =>
      written.write({ data: data(0), pts: pts as number, ...more });
    await write(5);
    for (const pts of [5, 4.999, 5.0000001, -1, Number.NaN, Number.POSITIVE_INFINITY, '6', 6n, null])
      assert.equal((await refusal(() => write(pts))).code, 'FRAME_TIME', String(pts));
    assert.match((await refusal(() => write(4))).message, /4 s, not after 5 s.*discontinuity/);
    const reading = drained(written);
    await write(5.000001);
    await write(-3, { discontinuity: true });
    written.end();
    assert.deepEqual(
      (await reading).map(({ pts, discontinuity, number }) => [pts, discontinuity ?? false, number]),
      [
        [5_000_000, false, 0],
        [5_000_001, false, 1],
        [-3_000_000, true, 2],
      ],
    );
  });

  test('gives frames without a time that of their writing', async () => {
    let now = 1000;
    const written = new WrittenFrames({ ...shape, clock: { now: () => now, sleep: async () => {} } });
    const reading = drained(written);
    for (const at of [1000, 41_000, 41_000]) {
      now = at;
      await written.write({ data: data(0) });
    }
    written.end();
    assert.deepEqual(
      (await reading).map(({ pts }) => pts),
      [0, 40_000, 40_002],
    );
  });

  test('puts what is said at once on the frame itself, and tells the rest of it', async () => {
    const written = new WrittenFrames(shape);
    assert.equal((await refusal(() => written.mark({ text: 'nothing' }))).code, 'USAGE');
    const source = opened(written);
    const frames = source.frames()[Symbol.asyncIterator]();
    await written.write({ data: data(0), pts: 1, markers: [{ text: 'with it' }] });
    written.mark({ text: 'at once' });
    written.objects([{ label: 'ball', box: [0, 0, 0.5, 0.5] }]);
    const { value } = await frames.next();
    assert.deepEqual(
      value?.annotations?.markers?.map((one: { text: string }) => one.text),
      ['with it', 'at once'],
    );
    assert.equal(value?.annotations?.objects?.length, 1);
    written.mark({ id: 'door', text: 'before anybody listens', duration: null });
    const late: LateMarking[] = [];
    const seen: LateObjects[] = [];
    source.onLate?.((one) => ('objects' in one ? seen.push(one) : late.push(one)));
    written.mark({ id: 'door', end: true });
    written.objects([{ label: 'door', box: [0.5, 0, 0.5, 1] }]);
    assert.deepEqual([seen[0]?.frame.number, seen[0]?.objects.length], [0, 2]);
    assert.deepEqual(
      late.map(({ frame, origin, marking }) => [
        frame,
        origin.index,
        'text' in marking ? marking.text : marking.end,
      ]),
      [
        [{ number: 0, pts: 1_000_000 }, 2, 'before anybody listens'],
        [{ number: 0, pts: 1_000_000 }, 3, true],
      ],
    );
    for (const [given, path] of [
      [{ text: '' }, /^\/text is empty/],
      [{ text: 'x', when: 3 }, /^\/when is not a field/],
      ['goal', /^the marker is not an object/],
      [{ id: 'a b', text: 'x' }, /^\/id/],
    ] as const) {
      const error = await refusal(() => written.mark(given));
      assert.equal(error.code, 'INVALID_MARKER');
      assert.match(error.message, path);
    }
    const bad = await refusal(() => written.objects([{ label: 'ball', box: [0, 0, 2, 1] }]));
    assert.deepEqual([bad.code, /^\/objects\/0\/box/.test(bad.message)], ['INVALID_OBJECT', true]);
    assert.equal(
      (
        await refusal(() => written.write({ data: data(1), pts: 2, markers: [{ text: 'ok' }, 4] }))
      ).message.slice(0, 10),
      '/markers/1',
    );
  });

  test('takes nothing after its end, and fails whoever waits when it cannot go on', async () => {
    const closed = new WrittenFrames(shape);
    closed.end();
    assert.equal((await refusal(() => closed.write({ data: data(0) }))).code, 'STREAM_CLOSED');
    const failing = new WrittenFrames(shape);
    const writes = [0, 1, 2, 3].map((pts) => failing.write({ data: data(0), pts }));
    const settled = Promise.allSettled(writes);
    failing.end(new HlsStreamError('STREAM_TAKEN', 'another one writes'));
    const last = (await settled).at(-1);
    assert.equal(last?.status === 'rejected' && last.reason.code, 'STREAM_TAKEN');
    assert.equal((await refusal(() => failing.write({ data: data(0), pts: 9 }))).code, 'STREAM_TAKEN');
  });
});
