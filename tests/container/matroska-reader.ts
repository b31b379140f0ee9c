import type { Microseconds } from '../../src/clock.ts';
import { ByteReader } from '../../src/container/byte-reader.ts';
import { ids } from '../../src/container/ebml.ts';
import type { MatroskaShape } from '../../src/container/matroska-writer.ts';
import { HlsStreamError } from '../../src/errors.ts';

/**
 * Reads the raw RGBA pictures that ffmpeg writes as Matroska (RFC 9559) into a pipe, as they come. It walks
 * the tree flat: it steps into the elements it knows and over all others, so known and unknown sizes do.
 */

/** A picture as it stands in the file. */
export interface MatroskaFrame {
  /** Its timestamp in the file, in microseconds. */
  readonly pts: Microseconds;
  /** RGBA, `width * height * 4` bytes, in memory of its own. */
  readonly data: Uint8Array;
}

/** A stream whose header has been read. */
export interface MatroskaStream extends Omit<MatroskaShape, 'frameRate'> {
  /** Nominal frames per second, if the header says it (DefaultDuration). */
  readonly frameRate: number | undefined;
  /**
   * The pictures in file order. Ends with the input, before a picture that was cut off; leaving the loop
   * closes the input. Throws HlsStreamError CONTAINER_INVALID for bytes that are no such file. Iterated once.
   */
  frames(): AsyncGenerator<MatroskaFrame, void, undefined>;
}

/** Elements that hold others we want. */
const entered = new Set<number>([
  ids.segment,
  ids.info,
  ids.tracks,
  ids.trackEntry,
  ids.video,
  ids.cluster,
  ids.blockGroup,
]);

/** No frame is larger than 8K in RGBA, and no header that we read is larger than this. */
const MAX_BLOCK = 8192 * 8192 * 4;

interface Element {
  readonly id: number;
  readonly size: number;
}

/**
 * Reads up to the first cluster.
 * @throws HlsStreamError CONTAINER_INVALID if the input ends before, or is no Matroska with one RGBA track.
 */
export async function openMatroska(input: AsyncIterable<Uint8Array>): Promise<MatroskaStream> {
  const reader = new ByteReader(input);
  try {
    return await readHeader(reader);
  } catch (error) {
    await reader.close();
    throw error;
  }
}

async function readHeader(reader: ByteReader): Promise<MatroskaStream> {
  let [scale, width, height, defaultDuration, fourCC] = [1_000_000, 0, 0, 0, ''];
  let element = await nextElement(reader);
  if (element?.id !== ids.ebml)
    throw invalid(element ? 'it does not begin as one' : 'it ended before it began');
  for (; element && element.id !== ids.cluster; element = await nextElement(reader)) {
    const { id, size } = element;
    if (id === ids.timestampScale) scale = await readUnsigned(reader, size);
    else if (id === ids.pixelWidth) width = await readUnsigned(reader, size);
    else if (id === ids.pixelHeight) height = await readUnsigned(reader, size);
    else if (id === ids.defaultDuration) defaultDuration = await readUnsigned(reader, size);
    else if (id === ids.uncompressedFourCC) fourCC = (await readBody(reader, size)).toString('latin1');
    else if (!entered.has(id)) await skip(reader, size);
  }
  if (element === undefined) throw invalid('it ended before the first picture');
  if (fourCC !== 'RGBA' || width === 0 || height === 0) throw invalid('its track holds no RGBA pictures');
  return {
    width,
    height,
    frameRate: defaultDuration > 0 ? 1e9 / defaultDuration : undefined,
    frames: () => readFrames(reader, width * height * 4, scale),
  };
}

async function* readFrames(
  reader: ByteReader,
  bytes: number,
  scale: number,
): AsyncGenerator<MatroskaFrame, void> {
  let cluster = 0;
  try {
    for (;;) {
      const element = await nextElement(reader);
      if (element === undefined) return;
      const { id, size } = element;
      if (id === ids.timestamp) {
        const body = await reader.take(known(size));
        if (body === undefined) return;
        cluster = toNumber(body);
      } else if (id === ids.simpleBlock || id === ids.block) {
        // RFC 9559 §10.1: track number (one byte for ours), 16-bit offset from the cluster, flags, the picture.
        const head = await reader.take(4);
        const data = head && size - 4 === bytes ? await reader.take(bytes) : undefined;
        if (head && size - 4 !== bytes) throw invalid(`a picture has ${size - 4} bytes instead of ${bytes}`);
        if (head === undefined || data === undefined) return;
        yield { pts: ((cluster + head.readInt16BE(1)) * scale) / 1000, data };
      } else if (!entered.has(id) && !(await reader.skip(known(size)))) {
        return;
      }
    }
  } finally {
    await reader.close();
  }
}

/** The head of the next element; its size is Infinity when unknown. `undefined` at the end of the input. */
async function nextElement(reader: ByteReader): Promise<Element | undefined> {
  const id = await readVint(reader, 4, true);
  if (id === undefined) return undefined;
  const size = await readVint(reader, 8, false);
  return size === undefined ? undefined : { id, size };
}

/** A variable-length integer (RFC 8794 §4); ids keep their length marker. */
async function readVint(
  reader: ByteReader,
  longest: number,
  keepMarker: boolean,
): Promise<number | undefined> {
  const first = (await reader.take(1))?.[0];
  if (first === undefined) return undefined;
  const length = Math.clz32(first) - 23;
  if (length > longest) throw invalid(`a variable-length integer begins with byte ${first}`);
  const rest = length > 1 ? await reader.take(length - 1) : Buffer.alloc(0);
  if (rest === undefined) return undefined;
  const mask = (1 << (8 - length)) - 1;
  const unknown = !keepMarker && (first & mask) === mask && rest.every((byte) => byte === 0xff);
  if (unknown) return Number.POSITIVE_INFINITY;
  return rest.reduce((value, byte) => value * 256 + byte, keepMarker ? first : first & mask);
}

async function readBody(reader: ByteReader, size: number): Promise<Buffer> {
  if (size > 4096) throw invalid(`a header field has ${size} bytes`);
  const body = await reader.take(size);
  if (body === undefined) throw invalid('it ended inside its header');
  return body;
}

async function readUnsigned(reader: ByteReader, size: number): Promise<number> {
  return toNumber(await readBody(reader, size));
}

function toNumber(body: Buffer): number {
  return body.reduce((value, byte) => value * 256 + byte, 0);
}

async function skip(reader: ByteReader, size: number): Promise<void> {
  if (!(await reader.skip(known(size)))) throw invalid('it ended inside its header');
}

function known(size: number): number {
  if (size > MAX_BLOCK) throw invalid(`an element claims ${size} bytes`);
  return size;
}

function invalid(why: string): HlsStreamError {
  return new HlsStreamError('CONTAINER_INVALID', `not a Matroska stream of raw RGBA pictures: ${why}`);
}
