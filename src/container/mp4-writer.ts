import { type Microseconds, TIMESCALE } from '../clock.ts';
import type { SampleDescription } from './fmp4-samples.ts';

/**
 * A plain MP4 of one video track (ISO/IEC 14496-12), `moov` first: all its length is known before the first byte
 * is sent, and players may begin before the last. Times are in microseconds throughout.
 */

/** A frame as the file lists it: they lie one behind the other in this order. */
export interface TrackSample {
  /** Until the next frame is shown. */
  readonly duration: Microseconds;
  /** In bytes. */
  readonly size: number;
  /** It can be decoded by itself. */
  readonly independent: boolean;
}

/** What goes before the frames. */
export interface Mp4Head {
  /** `ftyp`, `moov` and the head of `mdat`. */
  readonly head: Buffer;
  /** Length of the whole file, in bytes. */
  readonly length: number;
}

/**
 * Writes what goes before the frames.
 * @param samples at least one
 * @param skip how much of the beginning is decoded but not shown (an edit list, §8.6.6)
 */
export function writeMp4Head(
  description: SampleDescription,
  samples: readonly TrackSample[],
  skip: Microseconds,
): Mp4Head {
  const type = box('ftyp', text('isom'), u32(0x200), text('isomiso2avc1mp41'));
  // The offset of the frames is in the moov, whose length does not depend on it.
  const length = type.length + movie(description, samples, skip, 0).length + MDAT_HEAD;
  const body = samples.reduce((sum, { size }) => sum + size, 0);
  // A size of 1 says that 64 bits follow (§4.2): a long clip may exceed 4 GiB.
  const mdat = Buffer.concat([u32(1), text('mdat'), u64(MDAT_HEAD + body)]);
  const head = Buffer.concat([type, movie(description, samples, skip, length), mdat]);
  return { head, length: length + body };
}

const MDAT_HEAD = 16;

const MATRIX = Buffer.concat([0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000].map(u32));

function movie(
  { stsd, width, height }: SampleDescription,
  samples: readonly TrackSample[],
  skip: Microseconds,
  offset: number,
): Buffer {
  const media = samples.reduce((sum, { duration }) => sum + duration, 0);
  const shown = media - skip;
  const mvhd = [u64(0), u64(0), u32(TIMESCALE), u64(shown), u32(0x10000), u32(0x1000000), zeros(8)];
  const tkhd = [u64(0), u64(0), u32(1), u32(0), u64(shown), zeros(16), MATRIX];
  const edit = box('edts', full('elst', 1, 0, u32(1), u64(shown), u64(skip), u32(0x10000)));
  const mdhd = full('mdhd', 1, 0, u64(0), u64(0), u32(TIMESCALE), u64(media), u32(0x55c40000));
  const handler = full('hdlr', 0, 0, u32(0), text('vide'), zeros(12), text('video\0'));
  const data = box('dinf', full('dref', 0, 0, u32(1), full('url ', 0, 1)));
  const table = box('stbl', stsd, durations(samples), syncs(samples), ...places(samples, offset));
  return box(
    'moov',
    full('mvhd', 1, 0, ...mvhd, MATRIX, zeros(24), u32(2)),
    box(
      'trak',
      full('tkhd', 1, 3, ...tkhd, u32(width * 0x10000), u32(height * 0x10000)),
      ...(skip > 0 ? [edit] : []),
      box('mdia', mdhd, handler, box('minf', full('vmhd', 0, 1, zeros(8)), data, table)),
    ),
  );
}

/** stts (§8.6.1.2): runs of equal durations. */
function durations(samples: readonly TrackSample[]): Buffer {
  const runs: { count: number; duration: number }[] = [];
  for (const { duration } of samples) {
    const last = runs.at(-1);
    if (last?.duration === duration) last.count += 1;
    else runs.push({ count: 1, duration });
  }
  return full('stts', 0, 0, u32(runs.length), ...runs.flatMap((run) => [u32(run.count), u32(run.duration)]));
}

/** stss (§8.6.2): which frames can be decoded by themselves, counted from 1. */
function syncs(samples: readonly TrackSample[]): Buffer {
  const numbers = samples.flatMap(({ independent }, index) => (independent ? [index + 1] : []));
  return full('stss', 0, 0, u32(numbers.length), ...numbers.map(u32));
}

/** stsc, stsz and co64 (§8.7): one chunk of all frames. */
function places(samples: readonly TrackSample[], offset: number): Buffer[] {
  return [
    full('stsc', 0, 0, u32(1), u32(1), u32(samples.length), u32(1)),
    full('stsz', 0, 0, u32(0), u32(samples.length), ...samples.map(({ size }) => u32(size))),
    full('co64', 0, 0, u32(1), u64(offset)),
  ];
}

function box(type: string, ...content: readonly Buffer[]): Buffer {
  const length = content.reduce((sum, { length }) => sum + length, 8);
  return Buffer.concat([u32(length), text(type), ...content]);
}

function full(type: string, version: number, flags: number, ...content: readonly Buffer[]): Buffer {
  return box(type, u32(version * 0x1000000 + flags), ...content);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

function zeros(count: number): Buffer {
  return Buffer.alloc(count);
}

function text(value: string): Buffer {
  return Buffer.from(value, 'latin1');
}
