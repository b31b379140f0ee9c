import { HlsStreamError } from '../errors.ts';
import { type FragmentTimes, findBox, readMoof } from './fmp4.ts';
import { whole } from './whole.ts';

/** One frame of a Media Segment. */
export interface Sample extends FragmentTimes {
  /** Where its bytes begin in the segment. */
  readonly offset: number;
  /** In bytes. */
  readonly size: number;
}

/**
 * The frames of a segment that is made of fragments of one frame each.
 * @throws HlsStreamError CONTAINER_INVALID when the bytes are none
 */
export function readSamples(segment: Buffer): Sample[] {
  const samples: Sample[] = [];
  let times: FragmentTimes | undefined;
  for (let at = 0; at < segment.length; ) {
    const size = at + 8 <= segment.length ? segment.readUInt32BE(at) : 0;
    if (size < 8 || at + size > segment.length)
      throw new HlsStreamError('CONTAINER_INVALID', `a segment is damaged at byte ${at}`);
    const type = segment.toString('latin1', at + 4, at + 8);
    if (type === 'moof') times = readMoof(segment.subarray(at, at + size));
    if (type === 'mdat' && times !== undefined) {
      samples.push({ ...times, offset: at + 8, size: size - 8 });
      times = undefined;
    }
    at += size;
  }
  return samples;
}

/** How the frames of an init segment's track are to be decoded: its sample entry, and its size in pixels. */
export interface SampleDescription {
  /** The whole `stsd` box. */
  readonly stsd: Buffer;
  readonly width: number;
  readonly height: number;
  /** The `avcC` box's payload: equal where frames can be decoded alike. */
  readonly decoder: Buffer;
}

/**
 * Reads an init segment.
 * @throws HlsStreamError CONTAINER_INVALID when it holds no H.264 track
 */
export function readDescription(init: Buffer): SampleDescription {
  return whole('an init segment', () => description(init));
}

function description(init: Buffer): SampleDescription {
  const path = ['moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd'];
  const stsd = findBox(init, path);
  const entry = findBox(init, [...path, 'avc1']);
  const decoder = findBox(init, [...path, 'avc1', 'avcC']);
  if (stsd === undefined || entry === undefined || decoder === undefined)
    throw new HlsStreamError('CONTAINER_INVALID', 'an init segment holds no H.264 track');
  const head = Buffer.alloc(8);
  head.writeUInt32BE(stsd.length + 8, 0);
  head.write('stsd', 4, 'latin1');
  return {
    stsd: Buffer.concat([head, stsd]),
    width: entry.readUInt16BE(24),
    height: entry.readUInt16BE(26),
    decoder,
  };
}
