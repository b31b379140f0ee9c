import { fromSeconds, type Microseconds, ticksIn, timeOfTicks } from '../clock.ts';
import { type BoardLayout, EVENT_LENGTH, rolled } from './chessboard-layout.ts';
import { seededRandom } from './random.ts';

/** A mint square: one square of the board that is mint for {@link EVENT_LENGTH}. */
export interface ChessboardEvent {
  /** PTS of the first frame that shows it, in microseconds; a tick of the frame rate. */
  readonly begin: Microseconds;
  /** Column of the board; it is at `column * block` plus what the board has rolled. */
  readonly column: number;
  /** Row of the board, from the top. */
  readonly row: number;
}

/** What the events of a chessboard depend on; the same give the same events. */
export interface EventPlan {
  readonly layout: BoardLayout;
  readonly frameRate: number;
  /** Mean time between two beginnings, in microseconds. */
  readonly eventMean: Microseconds;
  /** A whole number of 32 bits. */
  readonly seed: number;
}

/** After an event its place and those around it stay empty this long, so that nobody takes two for one. */
const REST: Microseconds = fromSeconds(0.5);

/**
 * The events for ever, ordered by their beginning. Intervals are exponential. Squares that are there together
 * are at least one block apart, and none is cut by the edge or covered at any moment; when there is no such
 * place an event waits for one, so none is lost.
 */
export function* chessboardEvents({
  layout,
  frameRate,
  eventMean,
  seed,
}: EventPlan): Generator<ChessboardEvent, never> {
  const random = seededRandom(seed);
  let time = 0;
  let taken: ChessboardEvent[] = [];
  for (;;) {
    time -= Math.log(1 - random()) * eventMean;
    let tick = Math.ceil(ticksIn(time, frameRate));
    for (;;) {
      const begin = Math.round(timeOfTicks(tick, frameRate));
      taken = taken.filter((event) => event.begin + EVENT_LENGTH + REST > begin);
      const places = freePlaces(layout, begin, taken);
      const place = places[Math.floor(random() * places.length)];
      if (place !== undefined) {
        taken.push(place);
        yield place;
        break;
      }
      tick += 1;
      time = timeOfTicks(tick, frameRate);
    }
  }
}

/** Where the square of an event is at an instant while it is there. */
export function placeOf(
  event: ChessboardEvent,
  layout: BoardLayout,
  pts: Microseconds,
): { x: number; y: number } {
  return { x: event.column * layout.block + rolled(layout, pts), y: event.row * layout.block };
}

/** Every place where a square that begins now would be whole to its end and apart from those taken. */
function freePlaces(
  layout: BoardLayout,
  begin: Microseconds,
  taken: readonly ChessboardEvent[],
): ChessboardEvent[] {
  const { block, width, firstRow, lastRow } = layout;
  const shifts = [rolled(layout, begin), rolled(layout, begin + EVENT_LENGTH)];
  const firstColumn = Math.ceil(-Math.min(...shifts) / block);
  const lastColumn = Math.floor((width - block - Math.max(...shifts)) / block);
  const places: ChessboardEvent[] = [];
  for (let row = firstRow; row <= lastRow; row++) {
    for (let column = firstColumn; column <= lastColumn; column++) {
      const apart = taken.every(
        (other) => Math.max(Math.abs(other.row - row), Math.abs(other.column - column)) > 1,
      );
      if (apart) places.push({ begin, column, row });
    }
  }
  return places;
}
