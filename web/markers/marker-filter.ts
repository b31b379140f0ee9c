import type { Marker } from './marker-list.ts';

/** Which markers the viewer wants to see: one state for the legend, the table and both timelines. */
export interface MarkerFilter {
  /** Classes that are not shown. */
  readonly hidden: ReadonlySet<string>;
  /** What the text or the class must contain, in any case of letters; all of its words, in any order. */
  readonly search: string;
}

/** Shows everything. */
export const showAll: MarkerFilter = Object.freeze({ hidden: new Set<string>(), search: '' });

/** Whether the filter lets a marker through. Pure. */
export function matches({ hidden, search }: MarkerFilter, marker: Pick<Marker, 'class' | 'text'>): boolean {
  if (hidden.has(marker.class)) return false;
  if (search === '') return true;
  const said = fold(`${marker.text} ${marker.class}`);
  return fold(search)
    .split(/\s+/)
    .every((word) => said.includes(word));
}

/** The filter with this class hidden if it was shown, and shown if it was hidden. Pure. */
export function toggleClass(filter: MarkerFilter, kind: string): MarkerFilter {
  const hidden = new Set(filter.hidden);
  if (!hidden.delete(kind)) hidden.add(kind);
  return Object.freeze({ ...filter, hidden });
}

/** The filter of the page: frozen state goes down to the views, what the viewer asks for comes up by `set`. */
export interface FilterState {
  get(): MarkerFilter;
  /** Changes the filter and tells everyone, if it is another object than before. */
  set(next: MarkerFilter): void;
  /** Calls `listener` after each change; returns the end of that. */
  subscribe(listener: (filter: MarkerFilter) => void): () => void;
}

/** Makes a filter that shows everything. */
export function createFilterState(): FilterState {
  const listeners = new Set<(filter: MarkerFilter) => void>();
  let filter = showAll;
  return {
    get: () => filter,
    set(next) {
      if (next === filter) return;
      filter = Object.freeze({ ...next });
      for (const listener of [...listeners]) listener(filter);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Letters as they are compared: without case, and without accents, which few type into a search box. */
function fold(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().trim();
}
