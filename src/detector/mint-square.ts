import { fromSeconds, type Microseconds, toSeconds } from '../clock.ts';
import type { Picture } from '../frames/picture.ts';
import {
  type Area,
  type Box,
  type ColourMask,
  clearIn,
  countIn,
  MINT,
  mintMask,
  takeAreas,
} from './colour-mask.ts';
import type { Observation, PromptDetector } from './detector.ts';

/** Shortest side of a square, in pixels. */
const LEAST_SIDE = 3;
/** Longest side, as a share of the picture's smaller side. */
const GREATEST_SIDE = 0.5;
/** Share of its bounding box that a square fills; noise eats a few pixels and frays the border. */
const LEAST_FILL = 0.55;
/** How far the mean colour of a square may be off, per channel. */
const COLOUR_TOLERANCE = 24;
/** A square once seen stays while this share of it does: less than it takes to be found, against flicker. */
const KEPT_SHARE = 0.45;
/** Fastest motion followed before its speed is known, in smaller sides of the picture per second. */
const FASTEST = 0.5;

/** A square being followed. Places are in pixels of the present picture size. */
interface Track {
  readonly key: string;
  readonly bornAt: Microseconds;
  readonly bornBox: Box;
  box: Box;
}

interface Velocity {
  /** Pixels per microsecond. */
  readonly x: number;
  readonly y: number;
}

/**
 * Finds squares of colour #3EB489 by their pixels, several at once. An event begins with the very first
 * picture that shows the square and ends with the first that does not; nothing is smoothed over time, so the
 * error is zero frames. Squares are told apart by place: where one should be now is predicted from how it, or
 * the last one before it, has moved.
 */
export function createMintSquareDetector(): PromptDetector {
  let tracks: Track[] = [];
  let velocity: Velocity | undefined;
  let last: { pts: Microseconds; width: number; height: number } | undefined;
  let count = 0;

  const begin = (picture: Picture, box: Box): Observation => {
    const { pts, date } = picture;
    const key = `square-${count}`;
    count += 1;
    tracks.push({ key, bornAt: pts, bornBox: box, box });
    return {
      type: 'begin',
      key,
      pts,
      date,
      text: 'Mint square',
      class: 'mint-square',
      data: shares(picture, box),
    };
  };

  const moved = (track: Track, box: Box, pts: Microseconds) => {
    track.box = box;
    const age = pts - track.bornAt;
    // Boxes sit on whole pixels, so a speed is only worth something after a while.
    if (age < fromSeconds(0.2)) return;
    velocity = { x: (box.x - track.bornBox.x) / age, y: (box.y - track.bornBox.y) / age };
  };

  return {
    name: 'mint-square',
    recognition: fromSeconds(0.1),
    look(picture) {
      const { pts, width, height } = picture;
      const sameSize = last === undefined || (last.width === width && last.height === height);
      const elapsed = last === undefined ? 0 : Math.max(0, pts - last.pts);
      // Over a break nothing is known of the way in between: a square goes on where it was, or not at all.
      const step = picture.discontinuity || !sameSize ? 0 : elapsed;
      const fastest = FASTEST * Math.min(width, height) * toSeconds(step);
      // Once the speed is known, what lies elsewhere is another square.
      const reach = (side: number) => 1 + (velocity === undefined ? fastest : Math.min(fastest, side / 2));
      last = { pts, width, height };

      const mask = mintMask(picture);
      const lost: Track[] = [];
      const kept: Track[] = [];
      for (const track of tracks) {
        const box = sameSize
          ? findAgain(mask, expected(track.box, velocity, step), reach(track.box.width))
          : undefined;
        if (box === undefined) {
          lost.push(track);
          continue;
        }
        clearIn(mask, box);
        moved(track, box, pts);
        kept.push(track);
      }
      tracks = kept;

      const squares = takeAreas(mask, picture, LEAST_SIDE * LEAST_SIDE - 2).filter((area) =>
        isSquare(area, picture),
      );
      const observations: Observation[] = [];
      for (const track of lost) {
        const at = squares.findIndex(
          (square) =>
            sameSize && couldBe(expected(track.box, velocity, step), square, reach(track.box.width)),
        );
        const [square] = at === -1 ? [] : squares.splice(at, 1);
        if (square === undefined) {
          observations.push({ type: 'end', key: track.key, pts });
          continue;
        }
        moved(track, boxOf(square), pts);
        tracks.push(track);
      }
      for (const square of squares) observations.push(begin(picture, boxOf(square)));
      return observations;
    },
  };
}

function isSquare(area: Area, picture: Picture): boolean {
  const longer = Math.max(area.width, area.height);
  const shorter = Math.min(area.width, area.height);
  return (
    shorter >= LEAST_SIDE &&
    longer <= GREATEST_SIDE * Math.min(picture.width, picture.height) &&
    longer - shorter <= Math.max(1, 0.3 * longer) &&
    area.pixels >= LEAST_FILL * area.width * area.height &&
    area.mean.every((value, channel) => Math.abs(value - (MINT[channel] as number)) <= COLOUR_TOLERANCE)
  );
}

function expected(box: Box, velocity: Velocity | undefined, elapsed: Microseconds): Box {
  if (velocity === undefined) return box;
  return { ...box, x: Math.round(box.x + velocity.x * elapsed), y: Math.round(box.y + velocity.y * elapsed) };
}

/** Where near its expected place the square is, or undefined if too little of it is there. */
function findAgain(mask: ColourMask, near: Box, reach: number): Box | undefined {
  // Not much further than a third of its side: beyond that lies the neighbour's place.
  const window = Math.ceil(Math.min(reach, 1 + near.width / 3));
  let best: Box | undefined;
  let bestScore = KEPT_SHARE * near.width * near.height;
  for (let dy = -window; dy <= window; dy += 1) {
    for (let dx = -window; dx <= window; dx += 1) {
      const box = { ...near, x: near.x + dx, y: near.y + dy };
      // Of two places that show as much, the one nearer to the expected.
      const score = countIn(mask, box) - 0.01 * (Math.abs(dx) + Math.abs(dy));
      if (score <= bestScore) continue;
      best = box;
      bestScore = score;
    }
  }
  return best;
}

/** Whether a square just found may be the one expected, further away than was looked. */
function couldBe(near: Box, square: Area, reach: number): boolean {
  const ratio = square.width / near.width;
  return ratio > 0.6 && ratio < 1.6 && Math.hypot(square.x - near.x, square.y - near.y) <= reach;
}

function boxOf({ x, y, width, height }: Area): Box {
  return { x, y, width, height };
}

/** Place and size as shares of the picture, as they stand in a marker's data. */
function shares(picture: Picture, box: Box): Record<string, number> {
  const share = (part: number, whole: number) => Math.round((part / whole) * 10_000) / 10_000;
  return {
    x: share(box.x, picture.width),
    y: share(box.y, picture.height),
    width: share(box.width, picture.width),
    height: share(box.height, picture.height),
  };
}
