import { colourOf } from './event-colours.ts';
import type { FilterState } from './marker-filter.ts';
import { toggleClass } from './marker-filter.ts';
import type { MarkerList } from './marker-list.ts';

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
export function createFilterBar(elements: FilterBarElements, filter: FilterState): FilterBar {
  const { search, menu, label, list } = elements;
  let offered: readonly string[] = [];

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
  closeWhenLeft(menu);

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
      list.replaceChildren(...classes.map(choice));
      show();
    },
    focus: () => search.focus(),
  };
}

function choice(kind: string): HTMLElement {
  const label = document.createElement('label');
  label.className = 'choice';
  label.dataset.colour = String(colourOf(kind));
  const box = document.createElement('input');
  box.type = 'checkbox';
  box.value = kind;
  const name = document.createElement('span');
  name.textContent = kind;
  label.append(box, name);
  return label;
}

/** Closes an open <details> on Escape, and when focus or pointer go elsewhere. */
export function closeWhenLeft(menu: HTMLDetailsElement): void {
  document.addEventListener('pointerdown', (event) => {
    if (!menu.contains(event.target as Node)) menu.open = false;
  });
  menu.addEventListener('focusout', ({ relatedTarget }) => {
    if (relatedTarget !== null && !menu.contains(relatedTarget as Node)) menu.open = false;
  });
  menu.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !menu.open) return;
    menu.open = false;
    menu.querySelector('summary')?.focus();
    event.preventDefault();
  });
}
