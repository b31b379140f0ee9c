import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { withCmafBrand } from '../../src/container/brands.ts';
import { BoxReader, readMoof, readMoov, withDuration } from '../../src/container/fmp4.ts';
import { readDescription, readSamples } from '../../src/container/fmp4-samples.ts';
import { HlsStreamError } from '../../src/errors.ts';
import { tried } from '../long.ts';
import fc from '../property.ts';

const RUNS = tried(400, 20_000);

/** One change of the bytes: at a share of their length. */
interface Damage {
  readonly at: number;
  readonly kind: 'set' | 'cut' | 'double' | 'drop' | 'large';
  readonly value: number;
}

const damages: fc.Arbitrary<Damage[]> = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    kind: fc.constantFrom('set', 'cut', 'double', 'drop', 'large'),
    value: fc.integer({ min: 0, max: 255 }),
  }),
  { minLength: 1, maxLength: 6 },
);

function damaged(bytes: Buffer, all: readonly Damage[]): Buffer {
  let out = Buffer.from(bytes);
  for (const { at, kind, value } of all) {
    const place = Math.floor(at * Math.max(0, out.length - 4));
    const [before, behind] = [out.subarray(0, place), out.subarray(place)];
    if (kind === 'set') out[place] = value;
    else if (kind === 'cut') out = Buffer.from(before);
    else if (kind === 'double') out = Buffer.concat([before, behind.subarray(0, value), behind]);
    else if (kind === 'drop') out = Buffer.concat([before, behind.subarray(value)]);
    else if (behind.length >= 4) out.writeUInt32BE(2 ** 32 - 1 - value, place);
  }
  return out;
}

/** Does it, or says with a code of ours why not. */
function orRefused(act: () => unknown): void {
  try {
    act();
  } catch (error) {
    if (error instanceof HlsStreamError) assert.equal(error.code, 'CONTAINER_INVALID');
    else throw error;
  }
}

describe('damaged fragmented MP4', () => {
  let whole: Buffer;
  before(async () => {
    const { stdout } = await promisify(execFile)(
      'ffmpeg',
      [
        ...'-hide_banner -loglevel error -f lavfi -i testsrc=size=64x64:rate=10 -t 1 -c:v libx264 -bf 0 -tune zerolatency'.split(
          ' ',
        ),
        ...'-video_track_timescale 1000000 -f mp4 -movflags +empty_moov+default_base_moof+frag_every_frame pipe:1'.split(
          ' ',
        ),
      ],
      { encoding: 'buffer' },
    );
    whole = stdout;
    // What is whole is read.
    const boxes = new BoxReader().push(whole);
    assert.ok(boxes.filter(({ type }) => type === 'moof').length >= 9);
    assert.equal(readSamples(whole).length, boxes.filter(({ type }) => type === 'moof').length);
  });

  test('is read as far as it goes, or refused with a code, and takes no memory for what it only claims to hold', () => {
    const before = process.memoryUsage().rss;
    fc.assert(
      fc.property(damages, fc.integer({ min: 1, max: 5000 }), (all, piece) => {
        const bytes = damaged(whole, all);
        const reader = new BoxReader();
        orRefused(() => {
          for (let at = 0; at < bytes.length; at += piece)
            for (const box of reader.push(bytes.subarray(at, at + piece))) {
              if (box.type === 'moof') orRefused(() => readMoof(box.bytes));
              if (box.type === 'moov') orRefused(() => readMoov(box.bytes));
              if (box.type === 'ftyp') orRefused(() => withCmafBrand(box.bytes));
            }
        });
        orRefused(() => readSamples(bytes));
        orRefused(() => readDescription(bytes));
        orRefused(() => withDuration(bytes, 100_000));
      }),
      { numRuns: RUNS },
    );
    const grown = (process.memoryUsage().rss - before) / 2 ** 20;
    assert.ok(grown < 150, `${grown} MiB`);
  });
});
