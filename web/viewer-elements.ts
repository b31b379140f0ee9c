import { find } from './dom/element.ts';
import type { ClipPanelElements } from './panels/clip-panel.ts';
import type { FilterBarElements } from './panels/filter-bar.ts';
import type { JumpPanelElements } from './panels/jump-panel.ts';
import type { MarkPanelElements } from './panels/mark-panel.ts';
import type { ChosenElements } from './table/chosen.ts';
import type { TableElements } from './table/table.ts';

/** Where in index.html each view lives. Each throws an Error if the page lacks one of its elements. */

/** Of the table of events. */
export function tableElements(): TableElements {
  return { scroller: find('#rows'), grid: find('#grid'), body: find('#table'), news: find('#news') };
}

/** Of what can be done with the chosen event. */
export function chosenElements(): ChosenElements {
  return {
    strip: find('#chosen'),
    text: find('#chosen-text'),
    link: find('#chosen-link'),
    clip: find('#chosen-clip'),
    close: find('#chosen-close'),
  };
}

/** Of search and choice of classes. */
export function filterElements(): FilterBarElements {
  return {
    search: find('#search'),
    menu: find('#classes'),
    label: find('#classes-label'),
    list: find('#classes-list'),
  };
}

/** Of the choice of a clip. */
export function clipElements(): ClipPanelElements {
  return {
    panel: find('#clip-panel'),
    opener: find('#clip'),
    setIn: find('#clip-in'),
    setOut: find('#clip-out'),
    from: find('#clip-from'),
    to: find('#clip-to'),
    length: find('#clip-length'),
    boxes: find('#clip-boxes > input'),
    download: find('#clip-download'),
    cancel: find('#clip-cancel'),
    progress: find('#clip-progress'),
    note: find('#clip-note'),
  };
}

/** Of the prompt for an event of the viewer's own. */
export function markElements(): MarkPanelElements {
  return {
    form: find('#mark-panel'),
    time: find('#mark-time'),
    text: find('#mark-text'),
    cancel: find('#mark-cancel'),
    note: find('#mark-note'),
  };
}

/** Of the way to a date and hour. */
export function jumpElements(): JumpPanelElements {
  return {
    form: find('#jump-panel'),
    opener: find('#jump'),
    date: find('#jump-date'),
    cancel: find('#jump-cancel'),
    note: find('#jump-note'),
  };
}

/** Of the list of keys. */
export function keyElements(): { dialog: HTMLDialogElement; list: HTMLElement; close: HTMLButtonElement } {
  return { dialog: find('#keys'), list: find('#keys-list'), close: find('#keys-close') };
}
