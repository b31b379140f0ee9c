import { className, type EventLooks, wear } from '../markers/event-looks.ts';
import { type FilterState, type MarkerFilter, toggleClass } from '../markers/marker-filter.ts';
import type { MarkerList } from '../markers/marker-list.ts';

/** A chip for each class: its colour, its name, how many there are; pressed while the class is shown. */
export interface Legend {
  readonly element: HTMLElement;
  /** Shows the classes of these markers, and of the hidden ones. */
  draw(markers: MarkerList): void;
}

interface Chip {
  readonly element: HTMLButtonElement;
  readonly count: HTMLElement;
}

/** More classes than this are not told apart by anyone. */
const MOST = 40;

/** Makes the legend; a chip asks the filter to hide its class or to show it. */
export function createLegend(filter: FilterState, looks: EventLooks): Legend {
  const element = document.createElement('div');
  element.className = 'legend';
  element.setAttribute('role', 'group');
  element.setAttribute('aria-label', 'Classes of events shown');
  const chips = new Map<string, Chip>();
  filter.subscribe(press);

  function press({ hidden }: MarkerFilter): void {
    for (const [kind, chip] of chips) chip.element.setAttribute('aria-pressed', String(!hidden.has(kind)));
  }

  function add(kind: string): Chip {
    const chip = document.createElement('button');
    chip.type = 'button';
    chip.className = 'chip';
    const name = document.createElement('bdi');
    name.className = 'chip-name';
    // Classes are data from anywhere: text, never markup.
    name.textContent = className(kind);
    const count = document.createElement('span');
    count.className = 'chip-count';
    chip.append(name, count);
    chip.title = `Show or hide ${name.textContent}`;
    chip.addEventListener('click', () => filter.set(toggleClass(filter.get(), kind)));
    return { element: chip, count };
  }

  return {
    element,
    draw(markers) {
      const counts = new Map<string, number>();
      for (const kind of filter.get().hidden) counts.set(kind, 0);
      for (const { class: kind } of markers) counts.set(kind, (counts.get(kind) ?? 0) + 1);
      const kinds = [...counts.keys()].sort().slice(0, MOST);
      for (const [kind, chip] of chips) {
        if (kinds.includes(kind)) continue;
        chip.element.remove();
        chips.delete(kind);
      }
      kinds.forEach((kind, at) => {
        const chip = chips.get(kind) ?? add(kind);
        wear(chip.element, looks.of(kind));
        chips.set(kind, chip);
        if (element.children[at] !== chip.element)
          element.insertBefore(chip.element, element.children[at] ?? null);
        const count = String(counts.get(kind) ?? 0);
        if (chip.count.textContent !== count) chip.count.textContent = count;
      });
      press(filter.get());
    },
  };
}
