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
  /** The frame that is asked about, as long as it is. */
  let place: { readonly stream: string; readonly date: EpochMicroseconds } | undefined;
  /** Of which the event is being saved. */
  let saving: typeof place;
  let returnTo: HTMLElement | null = null;

  const close = () => {
    place = undefined;
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
    const mine = place;
    if (mine === undefined || mine === saving || text.value.trim() === '') return;
    saving = mine;
    note.textContent = '';
    const words = text.value.trim();
    const trouble = await sent(mine, words);
    if (saving === mine) saving = undefined;
    // It may have been left meanwhile, and another be asked about.
    const isAsked = place === mine;
    if (trouble !== undefined) {
      if (isAsked) note.textContent = trouble;
      else showMessage(trouble);
      return;
    }
    if (text.value.trim() === words) text.value = '';
    if (isAsked) close();
    showMessage('Event saved');
  }

  /** Resolves to what went wrong, in words. */
  async function sent(
    { stream, date }: NonNullable<typeof place>,
    text: string,
  ): Promise<string | undefined> {
    const body = JSON.stringify({ text, date: toIsoDate(date) });
    try {
      const headers = { 'Content-Type': 'application/json' };
      const url = `streams/${encodeURIComponent(stream)}/markers`;
      const response = await fetch(url, { method: 'POST', headers, body });
      return response.ok ? undefined : await serverWords(response);
    } catch {
      return 'The server could not be reached. Try again.';
    }
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
