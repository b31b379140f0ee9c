import type { Marker, MarkerList } from '../markers/marker-list.ts';

/** What can be done with the chosen event: below the table, with its whole text. */
export interface Chosen {
  /** Shows this event, or nothing. */
  draw(marker: Marker | undefined): void;
  /** The markers changed: the event that is shown may be another, or gone. */
  renew(markers: MarkerList): void;
}

/** The elements it lives in. */
export interface ChosenElements {
  readonly strip: HTMLElement;
  readonly text: HTMLElement;
  readonly link: HTMLButtonElement;
  readonly clip: HTMLButtonElement;
  readonly close: HTMLButtonElement;
}

/** What it asks for. */
export interface ChosenListener {
  link(marker: Marker): void;
  clip(marker: Marker): void;
}

/** Fills the elements. */
export function createChosen(elements: ChosenElements, { link, clip }: ChosenListener): Chosen {
  const { strip, text } = elements;
  let chosen: Marker | undefined;
  const draw = (marker: Marker | undefined) => {
    chosen = marker;
    strip.hidden = marker === undefined;
    text.textContent = marker?.text ?? '';
  };
  elements.link.addEventListener('click', () => chosen && link(chosen));
  elements.clip.addEventListener('click', () => chosen && clip(chosen));
  elements.close.addEventListener('click', () => draw(undefined));
  return {
    draw,
    renew(markers) {
      if (chosen === undefined || markers.includes(chosen)) return;
      const { id } = chosen;
      draw(markers.find((marker) => marker.id === id));
    },
  };
}
