import { createCanvas, ImageData } from '@napi-rs/canvas';
import { type EpochMicroseconds, toIsoDate } from '../clock.ts';
import type { Frame } from '../container/frame.ts';
import { bundledFont } from './glyphs.ts';

/** What is left of the brightness of the last picture: white text stands out from it anywhere. */
const BRIGHTNESS = 0.3;

/** Space from line to line, in heights of a letter. */
const LEADING = 1.4;

/** A letter of the bundled font is so wide, in heights. */
const LETTER = 0.602;

/** The letters are no higher than this part of the picture. */
const LARGEST = 1 / 10;

/**
 * The picture that is shown while the signal of a source is lost: its last one darkened, with the words that it is
 * lost and since when.
 */
export function drawSlate(last: Frame, since: EpochMicroseconds): Frame {
  const { width, height } = last;
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  context.putImageData(new ImageData(darkened(last.data), width, height), 0, 0);
  const { lines, size } = fitted(width, height, toIsoDate(since));
  context.font = bundledFont(size);
  context.fillStyle = '#fff';
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  const top = height / 2 - ((lines.length - 1) * size * LEADING) / 2;
  for (const [index, line] of lines.entries())
    context.fillText(line, width / 2, top + index * size * LEADING);
  const { data } = context.getImageData(0, 0, width, height);
  return { ...last, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
}

/** The words, broken so that they can be as large as possible. */
function fitted(width: number, height: number, date: string): { lines: string[]; size: number } {
  const [day = '', time = ''] = date.slice(0, 19).split('T');
  const [wide, narrow] = [
    ['Signal lost', `since ${day} ${time} UTC`],
    ['Signal lost', 'since', day, `${time} UTC`],
  ].map((lines) => {
    const letters = Math.max(...lines.map((line) => line.length));
    const room = Math.min((0.92 * width) / (letters * LETTER), (0.92 * height) / (lines.length * LEADING));
    return { lines, size: Math.max(4, Math.floor(Math.min(room, height * LARGEST))) };
  }) as [{ lines: string[]; size: number }, { lines: string[]; size: number }];
  return wide.size >= narrow.size ? wide : narrow;
}

/** The pixels with less light, opaque. */
function darkened(data: Uint8Array): Uint8ClampedArray {
  const darker = new Uint8ClampedArray(data.length);
  for (let at = 0; at < data.length; at += 4) {
    darker[at] = (data[at] ?? 0) * BRIGHTNESS;
    darker[at + 1] = (data[at + 1] ?? 0) * BRIGHTNESS;
    darker[at + 2] = (data[at + 2] ?? 0) * BRIGHTNESS;
    darker[at + 3] = 255;
  }
  return darker;
}
