import { HlsStreamError } from '../errors.ts';
import { element, idBytes, ids, longSize, text, unknownSize, unsigned } from './ebml.ts';

/**
 * Raw RGBA pictures with exact times as a live Matroska stream (RFC 9559): the one way to hand ffmpeg a
 * picture *and* its PTS through a pipe. A frame goes out as {@link matroskaFrameHead}, the pixels as they
 * are, {@link matroskaFrameEnd}: nothing is copied.
 */

/** What a stream of raw pictures is like. */
export interface MatroskaShape {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** Nominal frames per second; becomes DefaultDuration, from which x264 plans its rate control. */
  readonly frameRate: number;
}

/**
 * What precedes the first frame: EBML header, a Segment without end, one track of uncompressed RGBA.
 * @param tick what timestamps count, in nanoseconds; by default they are microseconds
 */
export function matroskaHeader({ width, height, frameRate }: MatroskaShape, tick = 1000): Uint8Array {
  const track = element(
    ids.trackEntry,
    unsigned(ids.trackNumber, 1),
    unsigned(ids.trackUid, 1),
    unsigned(ids.trackType, 1),
    unsigned(ids.flagLacing, 0),
    text(ids.codecId, 'V_UNCOMPRESSED'),
    unsigned(ids.defaultDuration, Math.round(1e9 / frameRate)),
    element(
      ids.video,
      unsigned(ids.pixelWidth, width),
      unsigned(ids.pixelHeight, height),
      text(ids.uncompressedFourCC, 'RGBA'),
    ),
  );
  return Buffer.concat([
    element(
      ids.ebml,
      unsigned(ids.ebmlVersion, 1),
      unsigned(ids.ebmlReadVersion, 1),
      unsigned(ids.ebmlMaxIdLength, 4),
      unsigned(ids.ebmlMaxSizeLength, 8),
      text(ids.docType, 'matroska'),
      unsigned(ids.docTypeVersion, 4),
      unsigned(ids.docTypeReadVersion, 2),
    ),
    idBytes(ids.segment),
    unknownSize,
    element(
      ids.info,
      unsigned(ids.timestampScale, tick),
      text(ids.muxingApp, 'hlsstream'),
      text(ids.writingApp, 'hlsstream'),
    ),
    element(ids.tracks, track),
  ]);
}

/** Track 1, no offset from the Cluster's Timestamp, key frame, no lacing (RFC 9559 §10.2). */
const blockHead = Buffer.of(0x81, 0, 0, 0x80);

/**
 * What precedes a frame's pixels: a Cluster of its own with its Timestamp, and the head of its SimpleBlock.
 * @param timestamp its PTS, in ticks of the header
 * @param bytes of pixel data that follow
 * @throws HlsStreamError CONTAINER_INVALID for a timestamp that is negative or no integer.
 */
export function matroskaFrameHead(timestamp: number, bytes: number): Uint8Array {
  if (!Number.isSafeInteger(timestamp) || timestamp < 0) {
    throw new HlsStreamError(
      'CONTAINER_INVALID',
      `a frame's timestamp must be a whole number from 0 on, not ${timestamp}`,
    );
  }
  const time = unsigned(ids.timestamp, timestamp);
  const block = Buffer.concat([idBytes(ids.simpleBlock), longSize(blockHead.length + bytes), blockHead]);
  return Buffer.concat([idBytes(ids.cluster), longSize(time.length + block.length + bytes), time, block]);
}

/**
 * What follows a frame's pixels: an empty Void element. ffmpeg's reader gives a frame out only when it has
 * seen the next element's head; without this every frame would wait for its successor.
 */
export const matroskaFrameEnd: Uint8Array = Buffer.of(0xec, 0x80);
