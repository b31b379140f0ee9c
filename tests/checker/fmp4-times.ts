/**
 * What media itself says of its times, read by the judge's own reader of ISO BMFF boxes (ISO/IEC 14496-12).
 */

/** Begin and duration of a stretch of fragments, in seconds of the media's own clock. */
export interface MediaTimes {
  readonly start: number;
  readonly duration: number;
}

interface Box {
  readonly type: string;
  /** Where its payload begins and ends. */
  readonly from: number;
  readonly to: number;
}

function boxes(bytes: Buffer, from = 0, to = bytes.length): Box[] {
  const found: Box[] = [];
  for (let at = from; at + 8 <= to; ) {
    const size = bytes.readUInt32BE(at);
    if (size < 8 || at + size > to) throw new Error(`a box of ${size} bytes at ${at} of ${to}`);
    found.push({ type: bytes.toString('latin1', at + 4, at + 8), from: at + 8, to: at + size });
    at += size;
  }
  return found;
}

/** All boxes at this path: `inside(bytes, 'moov', 'trak')`. */
function inside(bytes: Buffer, ...path: string[]): Box[] {
  let found: Box[] = [{ type: '', from: 0, to: bytes.length }];
  for (const type of path) {
    found = found.flatMap(({ from, to }) => boxes(bytes, from, to).filter((box) => box.type === type));
  }
  return found;
}

/** Ticks per second of the one track of an init segment. @throws Error if there is no mdhd */
export function timescaleOf(init: Buffer): number {
  const [mdhd] = inside(init, 'moov', 'trak', 'mdia', 'mdhd');
  if (mdhd === undefined) throw new Error('no mdhd in the init segment');
  return init.readUInt32BE(mdhd.from + (init[mdhd.from] === 1 ? 20 : 12));
}

/** Times of fragments by tfdt and trun. @throws Error if there is no fragment or it is broken */
export function timesOf(media: Buffer, timescale: number): MediaTimes {
  let start: number | undefined;
  let end = 0;
  for (const moof of boxes(media).filter(({ type }) => type === 'moof')) {
    for (const traf of boxes(media, moof.from, moof.to).filter(({ type }) => type === 'traf')) {
      const parts = boxes(media, traf.from, traf.to);
      const tfdt = parts.find(({ type }) => type === 'tfdt');
      const tfhd = parts.find(({ type }) => type === 'tfhd');
      if (tfdt === undefined || tfhd === undefined) throw new Error('a traf without tfdt or tfhd');
      const base =
        media[tfdt.from] === 1
          ? Number(media.readBigUInt64BE(tfdt.from + 4))
          : media.readUInt32BE(tfdt.from + 4);
      start ??= base;
      end = base;
      for (const trun of parts.filter(({ type }) => type === 'trun')) {
        end += trunDuration(media, trun, defaultDuration(media, tfhd));
      }
    }
  }
  if (start === undefined) throw new Error('no fragment');
  return { start: start / timescale, duration: (end - start) / timescale };
}

function defaultDuration(media: Buffer, tfhd: Box): number {
  const flags = media.readUInt32BE(tfhd.from) & 0xffffff;
  const at = tfhd.from + 8 + (flags & 0x1 ? 8 : 0) + (flags & 0x2 ? 4 : 0);
  return flags & 0x8 ? media.readUInt32BE(at) : 0;
}

function trunDuration(media: Buffer, trun: Box, byDefault: number): number {
  const flags = media.readUInt32BE(trun.from) & 0xffffff;
  const count = media.readUInt32BE(trun.from + 4);
  if (!(flags & 0x100)) return count * byDefault;
  const first = trun.from + 8 + (flags & 0x1 ? 4 : 0) + (flags & 0x4 ? 4 : 0);
  const size = 4 * [0x100, 0x200, 0x400, 0x800].filter((flag) => flags & flag).length;
  let sum = 0;
  for (let sample = 0; sample < count; sample += 1) sum += media.readUInt32BE(first + sample * size);
  return sum;
}
