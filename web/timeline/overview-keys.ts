/** What keys ask of the overview. */
export interface OverviewKeys {
  /** Moves the cursor by a share of the view; negative goes back. */
  step(share: number): void;
  /** Puts the cursor at the beginning or the live end of all there is. */
  toEnd(live: boolean): void;
  zoom(factor: number): void;
  fit(): void;
  /** Goes to where the cursor is. */
  enter(): void;
  /** Takes the cursor away. */
  escape(): void;
}

/** Steps of the cursor, as shares of the view. */
const STEP = 1 / 50;
const STRIDE = 1 / 5;
const PAGE = 1;

/** Listens to the keys of a focused overview; those it has no use for go on to the page. */
export function listenToOverviewKeys(element: HTMLElement, keys: OverviewKeys): void {
  const table: Readonly<Record<string, (event: KeyboardEvent) => void>> = {
    // Time runs to the right, whatever the direction of the page's writing.
    ArrowLeft: ({ shiftKey }) => keys.step(shiftKey ? -STRIDE : -STEP),
    ArrowRight: ({ shiftKey }) => keys.step(shiftKey ? STRIDE : STEP),
    ArrowDown: () => keys.zoom(1.5),
    ArrowUp: () => keys.zoom(1 / 1.5),
    PageUp: () => keys.step(-PAGE),
    PageDown: () => keys.step(PAGE),
    Home: () => keys.toEnd(false),
    End: () => keys.toEnd(true),
    '+': () => keys.zoom(1 / 2),
    '=': () => keys.zoom(1 / 2),
    '-': () => keys.zoom(2),
    '0': () => keys.fit(),
    Enter: () => keys.enter(),
    ' ': () => keys.enter(),
    Escape: () => keys.escape(),
  };
  element.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = Object.hasOwn(table, event.key) ? table[event.key] : undefined;
    if (act === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    act(event);
  });
}
