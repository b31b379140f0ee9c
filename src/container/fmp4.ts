import { type Microseconds, TIMESCALE } from '../clock.ts';
import { HlsStreamError } from '../errors.ts';
import { whole } from './whole.ts';

/**
 * As much of fragmented MP4 (ISO/IEC 14496-12, CMAF ISO/IEC 23000-19) as one video track written by ffmpeg
 * needs: boxes out of a byte stream, the init segment's facts, each fragment's times.
 */

/** A whole top-level box: its four-letter type and its bytes, header included. */
export interface Box {
  readonly type: string;
  readonly bytes: Buffer;
}

/** Boxes larger than this are taken as damage: no fragment holds more than one compressed frame. */
const LARGEST_BOX = 64 * 1024 * 1024;

/** Cuts a byte stream into its top-level boxes. */
export class BoxReader {
  #pending: Buffer[] = [];
  #length = 0;

  /**
   * Takes the next bytes; returns the boxes that are now whole, in order.
   * @throws HlsStreamError CONTAINER_INVALID when the bytes are no boxes
   */
  push(chunk: Buffer): Box[] {
    this.#pending.push(chunk);
    this.#length += chunk.length;
    const boxes: Box[] = [];
    while (this.#length >= 8) {
      const head = this.#peek();
      const size = head.readUInt32BE(0);
      if (size < 8 || size > LARGEST_BOX) {
        throw new HlsStreamError(
          'CONTAINER_INVALID',
          `a box of ${size} bytes came from the encoder; 8 to ${LARGEST_BOX} were expected`,
        );
      }
      if (this.#length < size) break;
      const joined = this.#joined();
      boxes.push({ type: joined.toString('latin1', 4, 8), bytes: joined.subarray(0, size) });
      this.#pending = joined.length > size ? [joined.subarray(size)] : [];
      this.#length = joined.length - size;
    }
    return boxes;
  }

  /** The first pending buffer with at least the eight bytes of a box header in it. */
  #peek(): Buffer {
    const first = this.#pending[0];
    return first !== undefined && first.length >= 8 ? first : this.#joined();
  }

  #joined(): Buffer {
    const whole = this.#pending.length === 1 ? this.#pending[0] : Buffer.concat(this.#pending);
    const joined = whole ?? Buffer.alloc(0);
    this.#pending = [joined];
    return joined;
  }
}

/** The children of a container box's payload. */
function* children(bytes: Buffer, from: number): Generator<{ type: string; payload: Buffer }> {
  let offset = from;
  while (offset + 8 <= bytes.length) {
    const size = bytes.readUInt32BE(offset);
    if (size < 8 || offset + size > bytes.length) return;
    yield {
      type: bytes.toString('latin1', offset + 4, offset + 8),
      payload: bytes.subarray(offset + 8, offset + size),
    };
    offset += size;
  }
}

/** Bytes of a box before its children, beyond the eight of its header. */
const PREFACE: Readonly<Record<string, number>> = { stsd: 8, avc1: 78 };

/** The payload of the first box at this path below `from`; undefined if there is none. */
export function findBox(bytes: Buffer, path: readonly string[], from = 0): Buffer | undefined {
  const [type, ...rest] = path;
  for (const child of children(bytes, from)) {
    if (child.type !== type) continue;
    if (rest.length === 0) return child.payload;
    const found = findBox(child.payload, rest, PREFACE[child.type] ?? 0);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What an init segment (`ftyp` + `moov`) says of its one H.264 track. */
export interface TrackFacts {
  /** RFC 6381 (§3.3, ISO/IEC 14496-15 Annex E): `avc1.PPCCLL`. */
  readonly codecs: string;
  readonly width: number;
  readonly height: number;
}

/**
 * Reads a `moov` box.
 * @throws HlsStreamError CONTAINER_INVALID when it is no H.264 track with a timescale of 1 µs
 */
export function readMoov(moov: Buffer): TrackFacts {
  return whole('an init segment', () => trackFacts(moov));
}

function trackFacts(moov: Buffer): TrackFacts {
  const media = findBox(moov, ['trak', 'mdia'], 8);
  const header = media && findBox(media, ['mdhd']);
  const entry = media && findBox(media, ['minf', 'stbl', 'stsd', 'avc1']);
  const decoder = entry && findBox(entry, ['avcC'], PREFACE.avc1);
  if (header === undefined || entry === undefined || decoder === undefined) {
    throw new HlsStreamError(
      'CONTAINER_INVALID',
      'the init segment holds no H.264 track; use an H.264 encoder',
    );
  }
  const timescale = header.readUInt32BE(header.readUInt8(0) === 1 ? 20 : 12);
  if (timescale !== TIMESCALE) {
    throw new HlsStreamError(
      'CONTAINER_INVALID',
      `the track ticks ${timescale} times a second; ${TIMESCALE} were asked for`,
    );
  }
  return {
    codecs: `avc1.${decoder.toString('hex', 1, 4)}`,
    width: entry.readUInt16BE(24),
    height: entry.readUInt16BE(26),
  };
}

/** When a fragment of one sample is shown, for how long, and whether it can be decoded by itself. */
export interface FragmentTimes {
  readonly pts: Microseconds;
  readonly duration: Microseconds;
  readonly independent: boolean;
}

// Flags of tfhd and trun (ISO/IEC 14496-12 §8.8.7, §8.8.8) that say which optional fields are there.
const TFHD = { baseDataOffset: 0x1, sampleDescription: 0x2, duration: 0x8, size: 0x10, flags: 0x20 };
const TRUN = {
  dataOffset: 0x1,
  firstFlags: 0x4,
  duration: 0x100,
  size: 0x200,
  flags: 0x400,
  composition: 0x800,
};
const SAMPLE_IS_NON_SYNC = 0x10000;

/**
 * Reads a `moof` box that holds one sample.
 * @throws HlsStreamError CONTAINER_INVALID when it holds another number of samples, or no times
 */
export function readMoof(moof: Buffer): FragmentTimes {
  return whole('a fragment', () => fragmentTimes(moof));
}

function fragmentTimes(moof: Buffer): FragmentTimes {
  const traf = findBox(moof, ['traf'], 8);
  const tfhd = traf && findBox(traf, ['tfhd']);
  const tfdt = traf && findBox(traf, ['tfdt']);
  const trun = traf && findBox(traf, ['trun']);
  if (tfhd === undefined || tfdt === undefined || trun === undefined) {
    throw new HlsStreamError('CONTAINER_INVALID', 'a fragment came without tfhd, tfdt or trun');
  }
  const count = trun.readUInt32BE(4);
  if (count !== 1)
    throw new HlsStreamError('CONTAINER_INVALID', `a fragment of ${count} frames came; one was expected`);
  const fallback = readTfhd(tfhd);
  const sample = readTrun(trun, fallback);
  const decodeTime = tfdt.readUInt8(0) === 1 ? Number(tfdt.readBigUInt64BE(4)) : tfdt.readUInt32BE(4);
  return {
    pts: decodeTime + sample.composition,
    duration: sample.duration,
    independent: (sample.flags & SAMPLE_IS_NON_SYNC) === 0,
  };
}

/**
 * The same fragment of one sample, `moof` and `mdat`, that lasts as long as is said here.
 * @throws HlsStreamError CONTAINER_INVALID for one that is damaged
 */
export function withDuration(fragment: Uint8Array, duration: Microseconds): Buffer {
  return whole('a fragment', () => lasting(fragment, duration));
}

function lasting(fragment: Uint8Array, duration: Microseconds): Buffer {
  const copy = Buffer.from(fragment);
  const traf = findBox(copy, ['moof', 'traf']);
  const tfhd = traf && findBox(traf, ['tfhd']);
  const trun = traf && findBox(traf, ['trun']);
  if (tfhd && (flagsOf(tfhd) & TFHD.duration) !== 0) tfhd.writeUInt32BE(duration, durationInTfhd(tfhd));
  if (trun && (flagsOf(trun) & TRUN.duration) !== 0) trun.writeUInt32BE(duration, durationInTrun(trun));
  return copy;
}

function flagsOf(box: Buffer): number {
  return box.readUInt32BE(0) & 0xffffff;
}

function durationInTfhd(tfhd: Buffer): number {
  const present = flagsOf(tfhd);
  return 8 + (present & TFHD.baseDataOffset ? 8 : 0) + (present & TFHD.sampleDescription ? 4 : 0);
}

function durationInTrun(trun: Buffer): number {
  const present = flagsOf(trun);
  return 8 + (present & TRUN.dataOffset ? 4 : 0) + (present & TRUN.firstFlags ? 4 : 0);
}

function readTfhd(tfhd: Buffer): { duration: number; flags: number } {
  const present = flagsOf(tfhd);
  let offset = durationInTfhd(tfhd);
  const duration = present & TFHD.duration ? tfhd.readUInt32BE(offset) : 0;
  if (present & TFHD.duration) offset += 4;
  if (present & TFHD.size) offset += 4;
  return { duration, flags: present & TFHD.flags ? tfhd.readUInt32BE(offset) : 0 };
}

function readTrun(trun: Buffer, fallback: { duration: number; flags: number }) {
  const version = trun.readUInt8(0);
  const present = flagsOf(trun);
  let { duration, flags } = fallback;
  let composition = 0;
  let offset = durationInTrun(trun);
  if (present & TRUN.firstFlags) flags = trun.readUInt32BE(offset - 4);
  if (present & TRUN.duration) {
    duration = trun.readUInt32BE(offset);
    offset += 4;
  }
  if (present & TRUN.size) offset += 4;
  if (present & TRUN.flags) {
    flags = trun.readUInt32BE(offset);
    offset += 4;
  }
  if (present & TRUN.composition)
    composition = version === 0 ? trun.readUInt32BE(offset) : trun.readInt32BE(offset);
  return { duration, flags, composition };
}
