import type { FrameObject } from '../hls/frame-objects.ts';
import type { ShownObjects } from './shown.ts';

/** How boxes are painted, on the page's canvas and on the server's. */

/** What of a canvas's context it takes (HTML Living Standard, section 4.12.5). */
export interface PaintContext {
  font: string;
  textBaseline: string;
  lineJoin: string;
  lineWidth: number;
  fillStyle: unknown;
  strokeStyle: unknown;
  save(): void;
  restore(): void;
  setLineDash(lengths: number[]): void;
  strokeRect(x: number, y: number, width: number, height: number): void;
  fillRect(x: number, y: number, width: number, height: number): void;
  fillText(text: string, x: number, y: number): void;
  measureText(text: string): { readonly width: number };
  beginPath(): void;
  lineTo(x: number, y: number): void;
  closePath(): void;
  fill(): void;
  stroke(): void;
}

/** How boxes are to look. */
export interface BoxStyle {
  /** Of the picture, in pixels of the canvas. */
  readonly width: number;
  readonly height: number;
  /** Pixels of the canvas to one that a viewer sees: of lines and letters. */
  readonly scale: number;
  readonly labels: boolean;
  /** Least score that is drawn, 0 to 1. */
  readonly threshold: number;
  /** Family of the letters. @default the system's */
  readonly font?: string;
  /** The colour of a kind of objects, as `#rrggbb`. */
  colourOf(kind: string): string;
}

/** Width of lines, size of letters and their distance from the edge, as a viewer sees them. */
const LINE = 2;
const LETTERS = 12;
const PAD = 4;
/** On a picture that is seen narrower than this letters are smaller. */
const NARROW = 480;
const SMALL = 10;
/** Solid is what was seen in this very frame. */
const DASHES = [6, 4];

/** What counts as one kind, for its colour. */
export function kindOf({ class: kind, label }: FrameObject): string {
  return kind ?? label;
}

/** What a box says: what it is, which one, and how certain that is. */
export function labelOf({ label, track, score }: FrameObject): string {
  const which = track === undefined ? '' : ` #${track}`;
  return `${label}${which}${score === undefined ? '' : ` ${Math.round(score * 100)}%`}`;
}

/** Paints boxes over a picture that fills the canvas; exact ones above those of an earlier frame. */
export function paintBoxes(context: PaintContext, shown: readonly ShownObjects[], style: BoxStyle): void {
  const { scale, threshold, font = 'system-ui, sans-serif' } = style;
  context.save();
  context.font = `600 ${lettersOf(style) * scale}px ${font}`;
  context.textBaseline = 'middle';
  context.lineJoin = 'miter';
  for (const exact of [false, true]) {
    context.setLineDash(exact ? [] : DASHES.map((length) => length * scale));
    const drawn = shown
      .filter((one) => one.exact === exact)
      .flatMap(({ objects }) => objects.filter(({ score = 1 }) => score >= threshold));
    for (const object of drawn) paintBox(context, object, exact, style);
    if (style.labels) for (const object of drawn) paintLabel(context, object, style);
  }
  context.restore();
}

function paintBox(context: PaintContext, object: FrameObject, exact: boolean, style: BoxStyle): void {
  const { width, height, scale } = style;
  const [left, top, across, down] = object.box;
  const place = [left * width, top * height, across * width, down * height] as const;
  const colour = style.colourOf(kindOf(object));
  if (exact) {
    // On a picture of any colour.
    context.strokeStyle = 'rgb(0 0 0 / 45%)';
    context.lineWidth = (LINE + 2) * scale;
    context.strokeRect(...place);
  }
  context.strokeStyle = colour;
  context.lineWidth = LINE * scale;
  context.strokeRect(...place);
  if (object.outline === undefined) return;
  context.beginPath();
  for (const [x, y] of object.outline) context.lineTo(x * width, y * height);
  context.closePath();
  context.fillStyle = `${colour}38`;
  context.fill();
  context.stroke();
}

/** Above the box, or in it where there is no room above; never beyond the picture. */
function paintLabel(context: PaintContext, object: FrameObject, style: BoxStyle): void {
  const { width, height, scale } = style;
  const text = labelOf(object);
  if (text === '') return;
  const [left, top] = object.box;
  const tall = (lettersOf(style) + PAD + 1) * scale;
  const wide = widthOf(context, text) + 2 * PAD * scale;
  const edge = (LINE / 2) * scale;
  const x = Math.max(0, Math.min(left * width - edge, width - wide));
  const above = top * height - edge - tall;
  const y = Math.min(above >= 0 ? above : top * height - edge, height - tall);
  const colour = style.colourOf(kindOf(object));
  context.fillStyle = colour;
  context.fillRect(x, y, wide, tall);
  context.fillStyle = isLight(colour) ? '#000' : '#fff';
  context.fillText(text, x + PAD * scale, y + tall / 2 + scale / 2);
}

function lettersOf({ width, scale }: BoxStyle): number {
  return width / scale < NARROW ? SMALL : LETTERS;
}

/** Widths of texts by font, for they come again with every frame. */
const widths = new Map<string, number>();
const MOST_WIDTHS = 2000;

function widthOf(context: PaintContext, text: string): number {
  const key = `${context.font} ${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    if (widths.size >= MOST_WIDTHS) widths.clear();
    width = context.measureText(text).width;
    widths.set(key, width);
  }
  return width;
}

/** Whether black reads better on it than white. Pure. */
export function isLight(colour: string): boolean {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  return 0.299 * red + 0.587 * green + 0.114 * blue > 110;
}
