import type { FrameObject } from '../../src/hls/frame-objects.ts';

/** Left, top, width and height, as shares of the picture. */
export type Box = FrameObject['box'];

/** Reads a box; undefined if it is none, or has no area. Pure. */
export function readBox(value: unknown): Box | undefined {
  if (!Array.isArray(value) || value.length !== 4 || !value.every(isShare)) return undefined;
  const [left, top, width, height] = value as [number, number, number, number];
  return width > 0 && height > 0 ? [left, top, width, height] : undefined;
}

/** Whether it is a share of the picture. Pure. */
export function isShare(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1;
}

/** The box that the data of a marker have: as `box`, or as `x`, `y`, `width` and `height`. Pure. */
export function boxOfData(data: unknown): Box | undefined {
  const { box, x, y, width, height } = (data ?? {}) as Readonly<Record<string, unknown>>;
  return readBox(box) ?? readBox([x, y, width, height]);
}
