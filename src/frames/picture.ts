import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import type { EpochMicroseconds, Microseconds } from '../clock.ts';
import type { StillPicture } from '../container/frame.ts';
import type { PictureRun } from '../hls/marker-runs.ts';

/** A small picture as the frames channel carries it. */
export interface Picture {
  /** PTS of the frame in the media, in microseconds. */
  readonly pts: Microseconds;
  /** The same instant as a date. */
  readonly date: EpochMicroseconds;
  readonly width: number;
  readonly height: number;
  /** RGBA, 8 bits a channel, rows from the top. */
  readonly data: Uint8Array;
  /** Frames lost just before this one: an event that begins here may have begun up to that much earlier. */
  readonly dropped: number;
  /** True on the first picture after a break in the stream. */
  readonly discontinuity: boolean;
  /** The run of the encoder that its frame went into. */
  readonly run?: PictureRun;
}

/** A picture that is shown instead of one before it; `lost` says whether that counts as lost. */
export function inPlaceOf(earlier: Picture, picture: Picture, lost: 0 | 1): Picture {
  return {
    ...picture,
    dropped: earlier.dropped + lost + picture.dropped,
    discontinuity: earlier.discontinuity || picture.discontinuity,
  };
}

/** A frame made small: what detectors look at. RGBA, rows from the top. */
export type SmallPicture = StillPicture;

/** How wide pictures are unless a detector asks for others, in pixels. */
export const SMALL_PICTURE = 160;

/** Pictures up to this width go through the store, in pixels; larger ones over a local socket. */
export const LARGEST_IN_STORE = 320;

/** How wide the pictures of the frames channel are when this width is wanted: those of our own detectors at least. */
export function channelWidth(wanted = SMALL_PICTURE): number {
  return wanted > LARGEST_IN_STORE ? SMALL_PICTURE : Math.max(SMALL_PICTURE, wanted);
}

/** No picture is made lower than this, so that a very wide one keeps its details. In pixels. */
const LEAST_HEIGHT = 64;

/**
 * Makes a frame small for detectors: at most `maxWidth` pixels wide (wider only where it would otherwise be
 * lower than 64), same aspect, never larger than it came. A block of 1/16 of the width stays 10 pixels wide,
 * and 4 in a frame of 64. Each pixel is the mean of four samples of the area it stands for, so the cost
 * depends on the size that comes out and not on the size that goes in. The result never shares memory with
 * the frame, whose owner may draw the next one into it.
 */
export function downscale(frame: SmallPicture, maxWidth = SMALL_PICTURE): SmallPicture {
  const scale = Math.min(1, Math.max(maxWidth / frame.width, LEAST_HEIGHT / frame.height));
  if (scale === 1) return { width: frame.width, height: frame.height, data: new Uint8Array(frame.data) };
  const width = Math.max(1, Math.round(frame.width * scale));
  const height = Math.max(1, Math.round(frame.height * scale));
  const left = samplePlaces(frame.width, width, 0.25, 1);
  const right = samplePlaces(frame.width, width, 0.75, 1);
  const upper = samplePlaces(frame.height, height, 0.25, frame.width);
  const lower = samplePlaces(frame.height, height, 0.75, frame.width);
  const source = asPixels(frame.data);
  const small = new Uint32Array(width * height);
  let to = 0;
  for (let y = 0; y < height; y += 1) {
    const up = upper[y] as number;
    const low = lower[y] as number;
    for (let x = 0; x < width; x += 1) {
      const l = left[x] as number;
      const r = right[x] as number;
      small[to] = meanOfFour(
        source[up + l] as number,
        source[up + r] as number,
        source[low + l] as number,
        source[low + r] as number,
      );
      to += 1;
    }
  }
  return { width, height, data: new Uint8Array(small.buffer) };
}

/**
 * The same bytes, a pixel at a time; copied only where they do not begin at a multiple of four. `slice` of a Buffer copies
 * nothing.
 */
function asPixels(data: Uint8Array): Uint32Array {
  const aligned = data.byteOffset % 4 === 0 ? data : new Uint8Array(data);
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length >>> 2);
}

/** The mean of each channel of four pixels, rounded: all four channels at once, six bits and two bits apart. */
function meanOfFour(a: number, b: number, c: number, d: number): number {
  const high =
    (((a >>> 2) & 0x3f3f3f3f) +
      ((b >>> 2) & 0x3f3f3f3f) +
      ((c >>> 2) & 0x3f3f3f3f) +
      ((d >>> 2) & 0x3f3f3f3f)) |
    0;
  const low = (a & 0x03030303) + (b & 0x03030303) + (c & 0x03030303) + (d & 0x03030303) + 0x02020202;
  // Alpha is the fourth byte, the highest of a little-endian pixel: the picture is opaque.
  return (high + ((low >>> 2) & 0x03030303)) | 0xff000000;
}

/** The fastest setting: what matters is the cost of both ends together, not the last byte. */
const FASTEST = { params: { [constants.BROTLI_PARAM_QUALITY]: 0, [constants.BROTLI_PARAM_LGWIN]: 16 } };

/** Makes a picture's pixels cheap to carry from process to process: a flat one shrinks to a twentieth. */
export function pack(data: Uint8Array): Uint8Array {
  return brotliCompressSync(data, FASTEST);
}

/** Brings back what {@link pack} was given. */
export function unpack(packed: Uint8Array): Uint8Array {
  return brotliDecompressSync(packed);
}

/** Places along one side where the samples lie, `phase` of the way through each cell. */
function samplePlaces(from: number, to: number, phase: number, stride: number): Uint32Array {
  const places = new Uint32Array(to);
  for (let i = 0; i < to; i += 1) places[i] = Math.floor(((i + phase) * from) / to) * stride;
  return places;
}
