import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { fromSeconds, type Microseconds } from '../../src/clock.ts';
import type { Edges } from './pixels.ts';
import type { Sights } from './recorded-detector.ts';
import { type RecordedMedia, recordMedia } from './recorded-media.ts';
import { playRecorded, type RecordedStream } from './recorded-stream.ts';
import type { SeenEvent } from './served-stream.ts';

/** A square of white on dark grey that jumps with every new frame, and so tells which frame a picture is of. */

/** Of the picture, in pixels. */
export const PICTURE = { width: 640, height: 360 };
/** Of the square, in pixels. */
export const SIDE = 80;
/** Each tenth frame is the one before once more. */
const REPEATED = 10;
/** Seconds that are recorded, and come again and again. */
const RECORDED = 30;
/** Seconds that lie behind at the start, and that are listed. */
const [LISTED_AT_START, WINDOW] = [20, 90];

/** Where the square is in a frame. */
export type Square = Edges;

/** It, played. Frames are counted from the beginning of segment 0. */
export interface SquareStream extends RecordedStream {
  /** What is seen in it. */
  readonly sights: Sights;
  /** Number of the frame in whose picture the square has its corner there; undefined if none has. */
  frameAt(corner: { left: number; top: number }): number | undefined;
  /** The last frame that was looked at by then. */
  looked(frame: number): number;
  squareIn(frame: number): Square;
  /** An event at a frame, with a box round the square. */
  eventAt(id: string, frame: number): SeenEvent;
}

/** What was recorded. */
export interface SquareFiles {
  readonly frameRate: number;
  readonly media: RecordedMedia;
}

/** How it is served. */
export interface SquareOptions {
  /** Something is looked for in every so manieth frame. */
  readonly every: number;
  /** How many boxes a frame has. @default 1, round the square */
  readonly boxes?: number;
}

/** Records it, at thirty or sixty frames a second. */
export async function recordSquare(frameRate = 30): Promise<SquareFiles> {
  const { width, height } = PICTURE;
  const raw = `-f rawvideo -pix_fmt gray -s ${width}x${height} -r ${frameRate} -i pipe:0 -crf 10`;
  const media = await recordMedia(raw.split(' '), {
    frameRate,
    async feed(stdin) {
      for (let frame = 0; frame < RECORDED * frameRate; frame += 1) {
        if (!stdin.write(draw(squareIn(frame)))) await once(stdin, 'drain');
      }
      stdin.end();
      await finished(stdin);
    },
  });
  return { frameRate, media };
}

/** Plays what was recorded, without end. */
export function playSquare({ media, frameRate }: SquareFiles, options: SquareOptions): SquareStream {
  const { every, boxes = 1 } = options;
  const stream = playRecorded(
    media,
    { ...PICTURE, frameRate },
    { window: WINDOW, listedAtStart: LISTED_AT_START },
  );
  const ptsOf = (frame: number): Microseconds =>
    stream.ptsAt(stream.dateOf(Math.floor(frame / frameRate))) + fromSeconds((frame % frameRate) / frameRate);

  return Object.assign(stream, {
    sights(segment: number) {
      return Array.from({ length: frameRate }, (_, at) => segment * frameRate + at)
        .filter((frame) => shownIn(frame) % every === 0)
        .map((frame) => {
          // A frame that comes once more has what the first had.
          const objects = Array.from({ length: boxes }, (_, at) =>
            objectIn((frame + at) % (RECORDED * frameRate)),
          );
          return { pts: ptsOf(frame), source: 'test', objects: JSON.stringify(objects) };
        });
    },
    frameAt({ left, top }: { left: number; top: number }) {
      for (let frame = 0; frame < RECORDED * frameRate; frame += 1) {
        const square = squareIn(frame);
        if (Math.abs(square.left - left) <= 1 && Math.abs(square.top - top) <= 1) return frame;
      }
      return undefined;
    },
    looked: (frame: number) => shownIn(frame) - (shownIn(frame) % every),
    squareIn,
    eventAt(id: string, frame: number) {
      const pts = ptsOf(frame);
      const date = stream.dateOf(0) + (1000 * frame) / frameRate;
      return { id, pts, date, class: 'mint-square', data: { box: boxIn(frame) } };
    },
  });
}

/** Which frame's picture a frame shows. */
function shownIn(frame: number): number {
  return frame % REPEATED === REPEATED - 1 ? frame - 1 : frame;
}

function squareIn(frame: number): Square {
  const shown = shownIn(frame);
  const left = 20 + ((shown * 37) % (PICTURE.width - SIDE - 40));
  const top = 20 + ((shown * 23) % (PICTURE.height - SIDE - 39));
  return { left, top, right: left + SIDE, bottom: top + SIDE };
}

function objectIn(frame: number): object {
  return { label: 'square', class: 'mint-square', score: 0.9, track: '1', box: boxIn(frame) };
}

function boxIn(frame: number): number[] {
  const { left, top } = squareIn(frame);
  const { width, height } = PICTURE;
  return [left / width, top / height, SIDE / width, SIDE / height];
}

function draw({ left, top, right, bottom }: Square): Buffer {
  const picture = Buffer.alloc(PICTURE.width * PICTURE.height, 40);
  for (let y = top; y < bottom; y += 1)
    picture.fill(235, y * PICTURE.width + left, y * PICTURE.width + right);
  return picture;
}
