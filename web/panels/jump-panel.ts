import { type EpochMicroseconds, fromEpochMilliseconds } from '../../src/clock.ts';
import type { StreamInfo } from '../api/stream-info.ts';
import { localText } from '../dom/clock-text.ts';

/** The way to a date and hour of the viewer's zone. */
export interface JumpPanel {
  toggle(): void;
}

/** The elements it lives in. */
export interface JumpPanelElements {
  readonly form: HTMLFormElement;
  readonly opener: HTMLElement;
  readonly date: HTMLInputElement;
  readonly cancel: HTMLButtonElement;
  readonly note: HTMLElement;
}

/** What it works with. */
export interface JumpPanelOptions {
  stream(): StreamInfo | undefined;
  /** Date of the frame on screen; undefined before the first. */
  shown(): EpochMicroseconds | undefined;
  go(date: EpochMicroseconds): void;
}

/** Joins the elements. */
export function createJumpPanel(
  { form, opener, date, cancel, note }: JumpPanelElements,
  { stream, shown, go }: JumpPanelOptions,
): JumpPanel {
  function show(open: boolean): void {
    form.hidden = !open;
    opener.setAttribute('aria-expanded', String(open));
    if (!open) {
      date.blur();
      opener.focus({ preventScroll: true });
      return;
    }
    const at = shown() ?? stream()?.edge?.date;
    if (at !== undefined) date.value = localText(at);
    tellReach();
    form.scrollIntoView({ block: 'nearest' });
    date.focus({ preventScroll: true });
  }

  /** Says what there is to go to. */
  function tellReach(): void {
    const { keptFrom, start, edge } = stream() ?? {};
    const from = keptFrom ?? start;
    if (from === undefined || edge === undefined) return;
    date.min = localText(from.date);
    date.max = localText(edge.date);
    note.textContent = `Kept since ${date.min.replace('T', ' ')}`;
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    tellReach();
    const at = new Date(date.value).getTime();
    if (Number.isNaN(at)) note.textContent = 'Give a date and a time.';
    else if (date.min !== '' && date.value < date.min)
      note.textContent = `Nothing is kept from before ${date.min.replace('T', ' ')}.`;
    else if (date.max !== '' && date.value > date.max) note.textContent = 'That moment has not come yet.';
    else {
      // Less than a second before the first frame is that frame.
      const from = (stream()?.keptFrom ?? stream()?.start)?.date ?? 0;
      go(Math.max(fromEpochMilliseconds(at), from));
    }
  });
  form.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') show(false);
  });
  cancel.addEventListener('click', () => show(false));

  return { toggle: () => show(form.hidden !== false) };
}
