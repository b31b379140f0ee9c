import type { EpochMicroseconds } from '../../src/clock.ts';
import { download, type Progress } from '../api/download.ts';
import type { StreamInfo } from '../api/stream-info.ts';
import { clockText } from '../dom/clock-text.ts';
import { fileName, saveFile } from '../dom/file-name.ts';
import type { BoxSettings } from '../objects/box-settings.ts';
import { type ClipRange, clipUrl, clipWords, noClip } from './clip-range.ts';

/** Where a clip is chosen and downloaded. */
export interface ClipPanel {
  /** Opens it if it was closed, and the other way round. */
  toggle(): void;
  setIn(): void;
  setOut(): void;
  /** Opens it with this range. */
  openWith(range: ClipRange): void;
}

/** The elements it lives in. */
export interface ClipPanelElements {
  readonly panel: HTMLElement;
  readonly opener: HTMLElement;
  readonly setIn: HTMLButtonElement;
  readonly setOut: HTMLButtonElement;
  readonly from: HTMLElement;
  readonly to: HTMLElement;
  readonly length: HTMLElement;
  /** Whether boxes are to be painted into it. */
  readonly boxes: HTMLInputElement;
  readonly download: HTMLButtonElement;
  readonly cancel: HTMLButtonElement;
  readonly progress: HTMLProgressElement;
  readonly note: HTMLElement;
}

/** What it asks: the stream, and the date of the frame on screen. */
export interface ClipPanelSource {
  stream(): StreamInfo | undefined;
  shown(): EpochMicroseconds | undefined;
  /** How boxes look on the page. */
  boxes(): BoxSettings;
  /** Where the panel cannot be seen. */
  showMessage(text: string): void;
}

/** Joins the elements. */
export function createClipPanel(elements: ClipPanelElements, source: ClipPanelSource): ClipPanel {
  const { stream, shown, boxes, showMessage } = source;
  const { panel, opener, progress, note, cancel } = elements;
  let range: ClipRange = noClip;
  let running: AbortController | undefined;

  elements.setIn.addEventListener('click', setIn);
  elements.setOut.addEventListener('click', setOut);
  elements.download.addEventListener('click', () => void start());
  cancel.addEventListener('click', () => (running ? running.abort() : open(false)));
  panel.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !running) open(false);
  });

  function open(on: boolean): void {
    if (!on && panel.contains(document.activeElement)) opener.focus();
    panel.hidden = !on;
    opener.setAttribute('aria-expanded', String(on));
    draw();
    if (on) panel.scrollIntoView({ block: 'nearest' });
  }

  function draw(): void {
    const { text, isReady } = clipWords(range, stream()?.clipLimit);
    elements.from.textContent = timeText(range.from);
    elements.to.textContent = timeText(range.to);
    elements.length.textContent = text;
    elements.download.disabled = !isReady || running !== undefined;
    cancel.textContent = running ? 'Cancel' : 'Close';
    progress.hidden = running === undefined;
    (elements.boxes.parentElement as HTMLElement).hidden = stream()?.objects !== true;
  }

  function setIn(): void {
    set({ from: shown() }, 'Clip starts at');
  }

  function setOut(): void {
    set({ to: shown() }, 'Clip ends at');
  }

  function set(end: Partial<ClipRange>, words: string): void {
    range = { ...range, ...end };
    note.textContent = '';
    open(true);
    if (document.fullscreenElement !== null) showMessage(`${words} ${timeText(end.from ?? end.to)}`);
  }

  async function start(): Promise<void> {
    const info = stream();
    const { from, to } = range;
    if (info?.clips === undefined || from === undefined || to === undefined) return;
    const mine = new AbortController();
    running = mine;
    progress.removeAttribute('value');
    note.textContent = 'Preparing the clip…';
    draw();
    try {
      const painted = info.objects && elements.boxes.checked;
      const url = clipUrl(info.clips, { from, to }, painted ? boxes() : undefined);
      saveFile(await download(url, { signal: mine.signal, onProgress }), fileName(info.name, from, 'mp4'));
      note.textContent = 'Clip saved.';
    } catch (error) {
      note.textContent = mine.signal.aborted ? 'Cancelled.' : (error as Error).message;
    }
    running = undefined;
    draw();
  }

  function onProgress({ received, total }: Progress): void {
    if (total !== undefined && total > 0) progress.value = received / total;
    const megabytes = (received / 1e6).toFixed(1);
    note.textContent =
      total === undefined
        ? `${megabytes} MB received…`
        : `${megabytes} of ${(total / 1e6).toFixed(1)} MB received…`;
  }

  return {
    toggle: () => open(panel.hidden === true),
    setIn,
    setOut,
    openWith(next) {
      range = next;
      note.textContent = '';
      open(true);
    },
  };
}

function timeText(date: EpochMicroseconds | undefined): string {
  return date === undefined ? '–' : clockText(date, true);
}
