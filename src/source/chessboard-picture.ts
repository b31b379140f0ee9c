import { createCanvas } from '@napi-rs/canvas';
import {
  type EpochMicroseconds,
  type Microseconds,
  toEpochMilliseconds,
  toIsoDate,
  toSeconds,
} from '../clock.ts';
import { type BoardLayout, rolled } from './chessboard-layout.ts';
import { drawGlyphs, type Glyphs } from './glyphs.ts';
import { seededRandom } from './random.ts';

/** The instant that a picture shows. */
export interface Moment {
  /** Number of the frame on the even grid of the frame rate, from 0. */
  readonly tick: number;
  readonly pts: Microseconds;
  readonly capturedAt: EpochMicroseconds;
}

/** The mint of an event's square. Nothing else in the picture has colour. */
const MINT = rgba(0x3e, 0xb4, 0x89);
const BLACK = rgba(0, 0, 0);
const WHITE = rgba(255, 255, 255);
/** Greys far enough apart to be seen, and away from black and white, which are the text's and the strip's. */
const BOARD_GREYS = ['#484848', '#c0c0c0'] as const;

/** Every grey as a pixel. */
const greys = Uint32Array.from({ length: 256 }, (_, grey) => rgba(grey, grey, grey));

/**
 * Draws pictures of the rolling board. What can be drawn once is (two rows of the board, the glyphs); a
 * picture is put together by copying rows, at a tenth of the cost of a canvas and its copy.
 */
export class ChessboardPicture {
  readonly #layout: BoardLayout;
  readonly #frameRate: number;
  readonly #row: Uint32Array;
  readonly #glyphs: Glyphs;
  readonly #noise: Int8Array | undefined;

  /** `noise` is the largest deviation of the board's greys, 0 to 63; it repeats with `seed`. */
  constructor(layout: BoardLayout, frameRate: number, noise = 0, seed = 0) {
    this.#layout = layout;
    this.#frameRate = frameRate;
    this.#row = drawRow(layout);
    this.#glyphs = drawGlyphs(layout.fontSize);
    if (noise > 0) {
      const random = seededRandom(seed);
      this.#noise = Int8Array.from({ length: 1 << 16 }, () => Math.round((random() * 2 - 1) * noise));
    }
  }

  /** A picture in RGBA, in memory of its own, with mint squares whose upper left corners are given. */
  draw(moment: Moment, squares: readonly { x: number; y: number }[]): Uint8Array {
    const { width, height, block, bandTop, stripHeight } = this.#layout;
    const bytes = Buffer.allocUnsafeSlow(width * height * 4);
    const pixels = new Uint32Array(bytes.buffer, bytes.byteOffset, width * height);
    this.#board(pixels, moment.pts);
    if (this.#noise !== undefined) this.#disturb(pixels, moment.tick, this.#noise);
    for (const { x, y } of squares) {
      for (let line = y; line < y + block; line++)
        pixels.fill(MINT, line * width + x, line * width + x + block);
    }
    if (stripHeight > 0) this.#strip(pixels, moment.capturedAt);
    pixels.fill(BLACK, bandTop * width);
    this.#text(pixels, moment);
    return bytes;
  }

  #board(pixels: Uint32Array, pts: Microseconds): void {
    const { width, block, bandTop } = this.#layout;
    const period = 2 * block;
    const start = (period - (rolled(this.#layout, pts) % period)) % period;
    for (let line = 0; line < Math.min(period, bandTop); line += block) {
      const from = start + line;
      pixels.set(this.#row.subarray(from, from + width), line * width);
      const last = Math.min(line + block, bandTop);
      for (let next = line + 1; next < last; next++)
        pixels.copyWithin(next * width, line * width, (line + 1) * width);
    }
    for (let line = period; line < bandTop; line += period) {
      pixels.copyWithin(line * width, 0, Math.min(period, bandTop - line) * width);
    }
  }

  #disturb(pixels: Uint32Array, tick: number, noise: Int8Array): void {
    const { width, bandTop } = this.#layout;
    const shift = Math.imul(tick + 1, 0x9e3779b1) >>> 16;
    for (let at = 0; at < width * bandTop; at++) {
      // All channels of a board's pixel are alike; the greys used keep 63 away from both ends.
      const grey = ((pixels[at] as number) >>> 8) & 0xff;
      pixels[at] = greys[grey + (noise[(at + shift) & 0xffff] as number)] as number;
    }
  }

  /** The capture time for machines: 48 bits of milliseconds since the Unix epoch, the highest first. */
  #strip(pixels: Uint32Array, capturedAt: EpochMicroseconds): void {
    const { width, stripHeight } = this.#layout;
    const milliseconds = Math.floor(toEpochMilliseconds(capturedAt));
    for (let cell = 0; cell < 48; cell++) {
      const white = Math.floor(milliseconds / 2 ** (47 - cell)) % 2 === 1;
      pixels.fill(
        white ? WHITE : BLACK,
        Math.floor((cell * width) / 48),
        Math.floor(((cell + 1) * width) / 48),
      );
    }
    for (let line = 1; line < stripHeight; line++) pixels.copyWithin(line * width, 0, width);
  }

  #text(pixels: Uint32Array, { tick, pts, capturedAt }: Moment): void {
    const { width, bandTop, textLines } = this.#layout;
    const margin = Math.floor(this.#glyphs.width / 2);
    const clock = toIsoDate(capturedAt).replace('T', ' ');
    this.#write(pixels, timecode(tick, pts, this.#frameRate), margin, bandTop);
    if (textLines === 1)
      this.#write(pixels, clock, width - margin - clock.length * this.#glyphs.width, bandTop);
    else
      this.#write(
        pixels,
        clock,
        Math.min(margin, width - clock.length * this.#glyphs.width),
        bandTop + this.#glyphs.height,
      );
  }

  #write(pixels: Uint32Array, text: string, left: number, top: number): void {
    const { width } = this.#layout;
    const { width: advance, height } = this.#glyphs;
    for (let index = 0; index < text.length; index++) {
      const tile = this.#glyphs.of(text[index] as string);
      const corner = top * width + left + index * advance;
      for (let line = 0; line < height; line++) {
        for (let at = 0; at < advance; at++)
          pixels[corner + line * width + at] = tile[line * advance + at] as number;
      }
    }
  }
}

/** HH:MM:SS:FF, FF the number of the frame within its second. Hours begin again after 99. */
export function timecode(tick: number, pts: Microseconds, frameRate: number): string {
  // Half a frame more, so that rounding of a PTS never shows a frame in the second before.
  const second = Math.floor(toSeconds(pts + 1));
  const frame = Math.max(0, tick - Math.ceil(second * frameRate - 1e-6));
  const fields = [Math.floor(second / 3600) % 100, Math.floor(second / 60) % 60, second % 60, frame];
  return fields.map((field) => String(field).padStart(2, '0')).join(':');
}

/** One line of the board, longer than the picture by what it may be shifted. */
function drawRow({ width, block }: BoardLayout): Uint32Array {
  const length = width + 3 * block;
  const context = createCanvas(length, 1).getContext('2d');
  for (let x = 0; x < length; x += block) {
    context.fillStyle = BOARD_GREYS[(x / block) % 2] as string;
    context.fillRect(x, 0, block, 1);
  }
  const { data } = context.getImageData(0, 0, length, 1);
  return new Uint32Array(data.buffer, data.byteOffset, length);
}

/** An opaque pixel as a word, in the machine's own order of bytes. */
function rgba(red: number, green: number, blue: number): number {
  return new Uint32Array(Uint8Array.of(red, green, blue, 255).buffer)[0] as number;
}
