import { fromSeconds, type Microseconds, ticksIn } from '../clock.ts';
import { HlsStreamError } from '../errors.ts';

/** How the chessboard is to look. */
export interface BoardShape {
  /** Pixels, even. */
  readonly width: number;
  /** Pixels, even. */
  readonly height: number;
  /** Side of a square, in pixels. @default a sixteenth of the width or a ninth of the height, at least 8 */
  readonly block?: number;
  /** How fast the board rolls to the right, in pixels per second; negative to the left. @default one block */
  readonly rollSpeed?: number;
  /** Whether the capture time is drawn for machines along the top edge. */
  readonly clockStrip?: boolean;
}

/** Where everything is. All in pixels, whole. */
export interface BoardLayout {
  readonly width: number;
  readonly height: number;
  readonly block: number;
  /** Pixels per second. */
  readonly rollSpeed: number;
  /** Height of the clock strip along the top edge; 0 without one. */
  readonly stripHeight: number;
  /** Where the board ends and the band with the text begins. */
  readonly bandTop: number;
  /** Lines of text in the band: both times in one line, or one below the other. */
  readonly textLines: 1 | 2;
  readonly fontSize: number;
  /** The first and last row of squares that nothing covers. */
  readonly firstRow: number;
  readonly lastRow: number;
}

/** How long a mint square is there. */
export const EVENT_LENGTH: Microseconds = fromSeconds(2);

/** Height of the clock strip, in pixels. */
export const STRIP_HEIGHT = 8;

/** Advance of a glyph of the bundled font, as a share of its size. */
const GLYPH_ADVANCE = 0.602;
/** Characters of `00:00:00:00  2026-01-01 00:00:00.000Z`, and of the longer of its halves. */
const [ONE_LINE, TWO_LINES] = [37, 24];

/**
 * Finds the places. A mint square must always find one where it is whole for its two seconds.
 * @throws HlsStreamError SOURCE_SIZE for a picture that is odd, or too small for its blocks.
 */
export function layOut(shape: BoardShape): BoardLayout {
  const { width, height, clockStrip = false } = shape;
  const block = shape.block ?? Math.max(8, Math.min(Math.round(width / 16), Math.round(height / 9)));
  const rollSpeed = shape.rollSpeed ?? block;
  const stripHeight = clockStrip ? STRIP_HEIGHT : 0;
  const preferred = Math.max(8, Math.round(height / 16));
  const textLines = preferred * GLYPH_ADVANCE * ONE_LINE <= width ? 1 : 2;
  const fontSize = Math.max(5, Math.min(preferred, Math.floor(width / (TWO_LINES * GLYPH_ADVANCE))));
  const bandTop = height - textLines * lineHeight(fontSize);
  const firstRow = Math.ceil(stripHeight / block);
  const lastRow = Math.floor(bandTop / block) - 1;
  const travel = Math.ceil(ticksIn(EVENT_LENGTH, Math.abs(rollSpeed)));
  if (width % 2 !== 0 || height % 2 !== 0) throw tooSmall(shape, 'has an odd side; both must be even');
  // One block of slack, for the board may stand anywhere between two columns.
  if (lastRow < firstRow || width < 2 * block + travel || block < 2) {
    throw tooSmall(
      shape,
      `has no place for squares of ${block} pixels; make it larger, or the squares smaller`,
    );
  }
  return { width, height, block, rollSpeed, stripHeight, bandTop, textLines, fontSize, firstRow, lastRow };
}

/** Height of a line of text, in pixels. */
export function lineHeight(fontSize: number): number {
  return Math.ceil(fontSize * 1.25);
}

/** How far the board has rolled, in whole pixels: squares never stand between two. */
export function rolled({ rollSpeed }: BoardLayout, pts: Microseconds): number {
  return Math.floor(ticksIn(pts, rollSpeed));
}

function tooSmall({ width, height }: BoardShape, why: string): HlsStreamError {
  return new HlsStreamError('SOURCE_SIZE', `a chessboard of ${width}x${height} ${why}`);
}
