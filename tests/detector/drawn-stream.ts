import { setTimeout as delay } from 'node:timers/promises';
import { createFramesPublisher } from '../../src/frames/frames-channel.ts';
import type { Store } from '../../src/store/store.ts';
import type { drawBoard } from './board.ts';

/** Time between two pictures, in microseconds. */
export const FRAME = 40_000;

const DATE = 1_700_000_000_000_000;

/** The pictures of stream `room`, its time turned by the test. */
export interface DrawnStream {
  /** Pictures shown so far. */
  readonly number: number;
  /** Shows all pictures up to this number. */
  play(to: number): Promise<void>;
}

/** @param draw the picture of this number */
export function drawnStream(
  store: Store,
  draw: (number: number) => ReturnType<typeof drawBoard>,
): DrawnStream {
  let time = 0;
  let number = 0;
  const publisher = createFramesPublisher(store, 'room', { now: () => time });
  return {
    get number() {
      return number;
    },
    async play(to) {
      for (; number < to; number += 1) {
        const pts = number * FRAME;
        publisher.publish({ ...draw(number), pts, date: DATE + pts, discontinuity: false });
        time += 40;
        await delay(2);
      }
    },
  };
}
