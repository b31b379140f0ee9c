import { className } from '../markers/event-looks.ts';
import type { LaidOutLane } from './overview-paint.ts';

/** The names of the overview's rows, beside them. One row needs none. */
export interface LaneNames {
  readonly element: HTMLElement;
  /** Names these rows. Does little when nothing changed. */
  draw(rows: readonly LaidOutLane[]): void;
}

/** Makes the column. The legend tells assistive technology the same. */
export function createLaneNames(): LaneNames {
  const element = document.createElement('div');
  element.className = 'lane-names';
  element.setAttribute('aria-hidden', 'true');
  let drawn = '';
  return {
    element,
    draw(rows) {
      const named = rows.length < 2 ? [] : rows;
      const key = JSON.stringify(named.map(({ lane, top, height }) => [lane.kinds, top, height]));
      if (key === drawn) return;
      drawn = key;
      element.replaceChildren(...named.map(nameOf));
    },
  };
}

function nameOf({ lane, top, height }: LaidOutLane): HTMLElement {
  const element = document.createElement('bdi');
  element.className = 'lane-name';
  // Classes are data from anywhere: text, never markup.
  element.textContent = lane.kinds.map(className).join(', ');
  element.title = element.textContent;
  element.style.top = `${top}px`;
  element.style.height = `${height}px`;
  element.style.lineHeight = `${height}px`;
  return element;
}
