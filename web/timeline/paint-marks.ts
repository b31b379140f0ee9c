import { COLOURS, type EventLooks } from '../markers/event-looks.ts';
import type { MarkerList } from '../markers/marker-list.ts';
import type { Mark } from './marks.ts';

/** Moves smaller than this, in pixels, are not worth a repaint. */
export const UNSEEN = 0.5;

/** Where a row of marks is painted; CSS pixels. */
export interface MarkRow {
  readonly top: number;
  readonly height: number;
  /** The mark under the pointer stands out. */
  readonly hovered: Mark | undefined;
}

/** Cluster of several classes: none of their colours would be true. */
const MIXED = '#c6d0de';
const INK = '#10151b';
/** Two rows of numbers fit a bar this high, in pixels. */
const READABLE = 11;

/** Paints marks, later ones over earlier ones; `edge` is the colour behind, which keeps neighbours apart. */
export function paintMarks(
  context: CanvasRenderingContext2D,
  marks: readonly Mark[],
  markers: MarkerList,
  inks: EventInks,
  row: MarkRow,
): void {
  const ink = ({ first, mixed }: Mark) => (mixed ? MIXED : inks(context, markers[first]?.class ?? ''));
  for (const mark of marks) {
    if (mark.end - mark.head < 1) continue;
    const { y, height } = box(mark, row);
    const from = Math.max(mark.x, 0);
    context.globalAlpha = mark === row.hovered ? 0.8 : 0.5;
    context.fillStyle = ink(mark);
    context.fillRect(from, y, mark.end - from, height);
    // An event that goes on has no end yet; one that ended shows where.
    if (mark.open) continue;
    context.globalAlpha = 0.9;
    context.fillRect(mark.end - 1, y, 1, height);
  }
  context.globalAlpha = 1;
  context.font = '600 10px system-ui, sans-serif';
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  marks.forEach((mark, at) => {
    if (mark.head < 0) return;
    const { y, height } = box(mark, row);
    const lift = mark === row.hovered ? 2 : 0;
    const room = (marks[at + 1]?.x ?? Infinity) - mark.x - 1;
    const words = mark.count > 1 && height >= READABLE ? countText(mark.count) : '';
    const wanted = words === '' ? 0 : words.length * 6 + 8;
    const width = Math.max(mark.head - mark.x, Math.min(wanted, room));
    context.fillStyle = INK;
    context.fillRect(mark.x - 1, y - lift, width + 2, height + lift);
    context.fillStyle = ink(mark);
    context.beginPath();
    context.roundRect(mark.x, y - lift, width, height + lift, Math.min(3, width / 2));
    context.fill();
    if (words === '' || width < wanted - 3) return;
    context.fillStyle = INK;
    context.fillText(words, mark.x + width / 2, y + (height - lift) / 2 + 0.5);
  });
}

/** What the events of a class are painted with on a canvas. */
export type EventInks = (context: CanvasRenderingContext2D, kind: string) => string | CanvasPattern;

/** For each pattern the rows of its tile that stay dark, of {@link TILE}; across the whole width, for heads are narrow. */
const DARK: readonly (readonly number[])[] = [[], [1, 3, 5, 7], [4, 5, 6, 7], [3, 7]];
const TILE = 8;

/** The style sheet's colours for events, `--event-0` and so on, in the patterns of their classes; the same in both themes. */
export function eventInks(element: Element, looks: EventLooks): EventInks {
  const style = getComputedStyle(element);
  const colours = Array.from({ length: COLOURS }, (_, at) => style.getPropertyValue(`--event-${at}`).trim());
  const made = new Map<string, CanvasPattern>();
  return (context, kind) => {
    const { colour, pattern } = looks.of(kind);
    const plain = colours[colour] ?? MIXED;
    if (pattern === 0) return plain;
    const key = `${colour} ${pattern}`;
    const ink = made.get(key) ?? context.createPattern(tile(plain, DARK[pattern] ?? []), 'repeat');
    if (ink !== null) made.set(key, ink);
    return ink ?? plain;
  };
}

function tile(colour: string, dark: readonly number[]): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = TILE;
  canvas.height = TILE;
  const context = canvas.getContext('2d');
  if (context === null) return canvas;
  context.fillStyle = colour;
  context.fillRect(0, 0, TILE, TILE);
  context.fillStyle = INK;
  for (const row of dark) context.fillRect(0, row, TILE, 1);
  return canvas;
}

/** Sizes the canvas for its place, as sharp as the screen is, and empties it; undefined while it has none. */
export function prepare(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
): CanvasRenderingContext2D | undefined {
  const context = canvas.getContext('2d') ?? undefined;
  if (context === undefined || width < 1 || height < 1) return undefined;
  const sharp = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * sharp), Math.round(height * sharp)];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  context.setTransform(sharp, 0, 0, sharp, 0, 0);
  context.clearRect(0, 0, width, height);
  context.direction = 'ltr';
  return context;
}

/** Fills a rectangle with slanted lines: nothing was recorded here. */
export function hatch(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.fillStyle = '#1d2530';
  context.fill();
  context.clip();
  context.strokeStyle = '#6d7a8c';
  context.lineWidth = 1;
  context.beginPath();
  for (let at = x - height; at < x + width; at += 5) {
    context.moveTo(at, y + height);
    context.lineTo(at + height, y);
  }
  context.stroke();
  context.restore();
}

function box({ level, depth }: Mark, { top, height }: MarkRow): { y: number; height: number } {
  if (depth === 1) return { y: top, height };
  const each = height / depth;
  return { y: top + level * each, height: each - 1 };
}

function countText(count: number): string {
  return count < 1000 ? String(count) : `${(count / 1000).toFixed(count < 9950 ? 1 : 0)}k`;
}
