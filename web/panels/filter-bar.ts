import { createMenu } from '../dom/menu.ts';
import { className, type EventLooks, wear } from '../markers/event-looks.ts';
import type { FilterState } from '../markers/marker-filter.ts';
import { toggleClass } from '../markers/marker-filter.ts';
import type { MarkerList } from '../markers/marker-list.ts';

/** Search box and choice of classes above the table. */
export interface FilterBar {
  /** Offers the classes of these markers, and those that are hidden now. */
  draw(markers: MarkerList): void;
  /** Puts the cursor into the search box. */
  focus(): void;
}

/** The elements it lives in: a search field, and a <details> with a list inside. */
export interface FilterBarElements {
  readonly search: HTMLInputElement;
  readonly menu: HTMLDetailsElement;
  readonly label: HTMLElement;
  readonly list: HTMLElement;
}

/** Joins the elements to the filter. */
export function createFilterBar(
  elements: FilterBarElements,
  filter: FilterState,
  looks: EventLooks,
): FilterBar {
  const { search, menu, label, list } = elements;
  let offered: readonly string[] = [];
  list.append(note());

  search.addEventListener('input', () => filter.set({ ...filter.get(), search: search.value.trim() }));
  search.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    search.value = '';
    filter.set({ ...filter.get(), search: '' });
    search.blur();
  });
  list.addEventListener('change', (event) => {
    filter.set(toggleClass(filter.get(), (event.target as HTMLInputElement).value));
  });
  filter.subscribe(show);
  createMenu(menu);

  function show(): void {
    const { hidden } = filter.get();
    for (const box of list.querySelectorAll('input')) box.checked = !hidden.has(box.value);
    const count = offered.filter((kind) => !hidden.has(kind)).length;
    label.textContent = count === offered.length ? 'All classes' : `${count} of ${offered.length} classes`;
  }

  return {
    draw(markers) {
      const kinds = new Set(filter.get().hidden);
      for (const marker of markers) kinds.add(marker.class);
      const classes = [...kinds].sort();
      if (classes.join('\n') === offered.join('\n')) return;
      offered = classes;
      list.replaceChildren(...(classes.length === 0 ? [note()] : classes.map((kind) => choice(kind, looks))));
      show();
    },
    focus: () => search.focus(),
  };
}

function choice(kind: string, looks: EventLooks): HTMLElement {
  const label = document.createElement('label');
  label.className = 'choice';
  wear(label, looks.of(kind));
  const box = document.createElement('input');
  box.type = 'checkbox';
  box.value = kind;
  const name = document.createElement('bdi');
  name.textContent = className(kind);
  label.title = name.textContent;
  label.append(box, name);
  return label;
}

/** In place of a choice, as long as there is none. */
function note(): HTMLElement {
  const text = document.createElement('p');
  text.className = 'menu-note';
  text.textContent = 'No events yet, and so no classes.';
  return text;
}
