import { createCanvas, ImageData } from '@napi-rs/canvas';
import type { Frame } from '../container/frame.ts';
import type { ThumbnailLayoutEntry } from '../hls/thumbnail-log.ts';
import { scaleFrame } from './scale.ts';

/** JPEG quality, 0 to 100: a tile is looked at for a moment. */
const QUALITY = 70;

/** The sheet that is being filled. */
export class Sheet {
  readonly #layout: ThumbnailLayoutEntry;
  readonly #canvas;

  constructor(layout: ThumbnailLayoutEntry) {
    this.#layout = layout;
    this.#canvas = createCanvas(layout.columns * layout.width, layout.rows * layout.height);
  }

  /** Draws a frame into a place, 0 or more; what was there is painted over. The frame is not needed after it. */
  draw(index: number, frame: Frame): void {
    const { width, height, columns } = this.#layout;
    const pixels = new ImageData(scaleFrame(frame, { width, height }), width, height);
    const x = (index % columns) * width;
    this.#canvas.getContext('2d').putImageData(pixels, x, Math.floor(index / columns) * height);
  }

  /** The sheet as JPEG, compressed off the event loop. */
  encode(): Promise<Buffer> {
    return this.#canvas.encode('jpeg', QUALITY);
  }
}
