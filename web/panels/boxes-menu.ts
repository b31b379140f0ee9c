import { createMenu } from '../dom/menu.ts';
import type { BoxSettings } from '../objects/box-settings.ts';

/** What the viewer chooses of boxes, behind a button of the control bar. */
export interface BoxesMenu {
  readonly element: HTMLElement;
  show(has: boolean, settings: BoxSettings): void;
}

/** Makes it, hidden. @param change what the viewer wants from now on */
export function createBoxesMenu(change: (settings: Partial<BoxSettings>) => void): BoxesMenu {
  const element = document.createElement('details');
  element.className = 'menu boxes';
  element.hidden = true;
  const button = document.createElement('summary');
  button.className = 'boxes-button';
  button.title = 'Boxes (b)';
  button.setAttribute('aria-label', 'Boxes');
  button.setAttribute('aria-keyshortcuts', 'b');
  const items = document.createElement('fieldset');
  items.className = 'menu-items';
  const legend = document.createElement('legend');
  legend.className = 'unseen';
  legend.textContent = 'Boxes round what was seen';
  const on = checkbox('Show boxes', (checked) => change({ on: checked }));
  const labels = checkbox('Labels', (checked) => change({ labels: checked }));
  const score = document.createElement('label');
  score.className = 'boxes-score';
  const words = document.createElement('span');
  const slider = document.createElement('input');
  Object.assign(slider, { type: 'range', min: '0', max: '100', step: '5' });
  slider.addEventListener('input', () => change({ threshold: Number(slider.value) }));
  score.append(words, slider);
  const note = document.createElement('p');
  note.className = 'menu-note';
  note.textContent = 'Solid: seen in this very frame. Dashed: seen a moment before.';
  items.append(legend, on.element, labels.element, score, note);
  element.append(button, items);
  createMenu(element);

  return {
    element,
    show(has, settings) {
      element.hidden = !has;
      element.toggleAttribute('data-on', settings.on);
      on.input.checked = settings.on;
      labels.input.checked = settings.labels;
      labels.input.disabled = !settings.on;
      slider.disabled = !settings.on;
      slider.value = String(settings.threshold);
      words.textContent = settings.threshold === 0 ? 'Score: any' : `Score: ${settings.threshold}% or more`;
    },
  };
}

function checkbox(
  text: string,
  changed: (checked: boolean) => void,
): { element: HTMLElement; input: HTMLInputElement } {
  const element = document.createElement('label');
  element.className = 'boxes-choice';
  const input = document.createElement('input');
  input.type = 'checkbox';
  input.addEventListener('change', () => changed(input.checked));
  element.append(input, text);
  return { element, input };
}
