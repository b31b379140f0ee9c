import type { EpochMicroseconds } from '../../src/clock.ts';
import { toIsoDate } from '../../src/clock.ts';
import { serverWords } from '../api/server-words.ts';
import { clockText } from '../dom/clock-text.ts';

/** The prompt for an event of the viewer's own. */
export interface MarkPanel {
  /** Asks for the text of an event at this frame of this stream. */
  ask(stream: string, date: EpochMicroseconds): void;
}

/** The elements it lives in. */
export interface MarkPanelElements {
  readonly form: HTMLFormElement;
  readonly time: HTMLElement;
  readonly text: HTMLInputElement;
  readonly cancel: HTMLButtonElement;
  readonly note: HTMLElement;
}

/** Joins the elements; `say` tells that it was saved. */
export function createMarkPanel(elements: MarkPanelElements, showMessage: (text: string) => void): MarkPanel {
  const { form, time, text, cancel, note } = elements;
  let place: { stream: string; date: EpochMicroseconds } | undefined;
  let returnTo: HTMLElement | null = null;

  const close = () => {
    form.hidden = true;
    // The page's body cannot take the focus, and what is hidden keeps it, and its keys, for a moment.
    text.blur();
    returnTo?.focus({ preventScroll: true });
  };
  cancel.addEventListener('click', close);
  form.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') close();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void save();
  });

  async function save(): Promise<void> {
    if (place === undefined || text.value.trim() === '') return;
    const body = JSON.stringify({ text: text.value.trim(), date: toIsoDate(place.date) });
    note.textContent = '';
    try {
      const headers = { 'Content-Type': 'application/json' };
      const url = `streams/${encodeURIComponent(place.stream)}/markers`;
      const response = await fetch(url, { method: 'POST', headers, body });
      if (!response.ok) {
        note.textContent = await serverWords(response);
        return;
      }
    } catch {
      note.textContent = 'The server could not be reached. Try again.';
      return;
    }
    text.value = '';
    close();
    showMessage('Event saved');
  }

  return {
    ask(stream, date) {
      place = { stream, date };
      returnTo = document.activeElement as HTMLElement | null;
      time.textContent = clockText(date, true);
      note.textContent = '';
      form.hidden = false;
      form.scrollIntoView({ block: 'nearest' });
      text.focus({ preventScroll: true });
    },
  };
}
