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
    showReach();
    form.scrollIntoView({ block: 'nearest' });
    date.focus({ preventScroll: true });
  }

  /** Date of the oldest frame that there is. */
  function oldest(): EpochMicroseconds | undefined {
    const { keptFrom, start } = stream() ?? {};
    return (keptFrom ?? start)?.date;
  }

  /** Shows what there is to go to. */
  function showReach(): void {
    const [from, edge] = [oldest(), stream()?.edge];
    if (from === undefined || edge === undefined) return;
    date.min = localText(from);
    date.max = localText(edge.date);
    note.textContent = `Kept since ${date.min.replace('T', ' ')}`;
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    showReach();
    const at = new Date(date.value).getTime();
    if (Number.isNaN(at)) note.textContent = 'Give a date and a time.';
    else if (date.min !== '' && date.value < date.min)
      note.textContent = `Nothing is kept from before ${date.min.replace('T', ' ')}.`;
    else if (date.max !== '' && date.value > date.max) note.textContent = 'That moment has not come yet.';
    else {
      // Less than a second before the first frame is that frame.
      go(Math.max(fromEpochMilliseconds(at), oldest() ?? 0));
    }
  });
  form.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') show(false);
  });
  cancel.addEventListener('click', () => show(false));

  return { toggle: () => show(form.hidden !== false) };
}
