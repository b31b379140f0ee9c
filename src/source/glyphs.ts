import { createCanvas, GlobalFonts } from '@napi-rs/canvas';
import { HlsStreamError } from '../errors.ts';
import { packageFile } from '../package-file.ts';
import { lineHeight } from './chessboard-layout.ts';

/** The digits and signs of a clock, drawn once, to be copied into pictures. */
export interface Glyphs {
  /** Width of every glyph, in pixels. */
  readonly width: number;
  /** Height of every glyph: a line of text, in pixels. */
  readonly height: number;
  /** RGBA pixels of a character, one word each, rows from the top; opaque, white on black, greys between. */
  of(character: string): Uint32Array;
}

const FAMILY = 'DejaVu Sans Mono of hlsstream';
const CHARACTERS = '0123456789:.-TZ ';

/** The bundled font in a size in pixels, as a canvas takes it. @throws as {@link bundledFamily} does. */
export function bundledFont(fontSize: number): string {
  return `${fontSize}px ${bundledFamily()}`;
}

/**
 * The family of the bundled font, as a canvas takes it.
 * @throws HlsStreamError SOURCE_FAILED if it is not where the build put it.
 */
export function bundledFamily(): string {
  if (!GlobalFonts.has(FAMILY)) {
    const path = packageFile('dist/assets/DejaVuSansMono.ttf');
    if (GlobalFonts.registerFromPath(path, FAMILY) === null) {
      throw new HlsStreamError(
        'SOURCE_FAILED',
        `the font ${path} is missing; build again with npm run build`,
      );
    }
  }
  return `"${FAMILY}"`;
}

/** Draws the glyphs in the bundled font. @throws HlsStreamError as {@link bundledFont} does. */
export function drawGlyphs(fontSize: number): Glyphs {
  const font = bundledFont(fontSize);
  const height = lineHeight(fontSize);
  const ruler = createCanvas(1, 1).getContext('2d');
  ruler.font = font;
  const width = Math.max(1, Math.floor(ruler.measureText('0').width));
  const tiles = new Map(
    Array.from(CHARACTERS, (character) => [character, drawGlyph(character, font, width, height)]),
  );
  const blank = tiles.get(' ') as Uint32Array;
  return { width, height, of: (character) => tiles.get(character) ?? blank };
}

function drawGlyph(character: string, font: string, width: number, height: number): Uint32Array {
  const context = createCanvas(width, height).getContext('2d');
  context.fillStyle = '#000';
  context.fillRect(0, 0, width, height);
  context.font = font;
  context.fillStyle = '#fff';
  context.textBaseline = 'middle';
  context.textAlign = 'center';
  context.fillText(character, width / 2, height / 2);
  const { data } = context.getImageData(0, 0, width, height);
  // Smoothing that aims at the stripes of a display would leave colour.
  for (let at = 0; at < data.length; at += 4) data.fill(data[at + 1] ?? 0, at, at + 3);
  return new Uint32Array(data.buffer, data.byteOffset, width * height);
}
