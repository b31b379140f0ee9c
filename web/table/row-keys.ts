/** What the keys of the table work on; rows are numbered from 0, the newest. */
export interface RowKeys {
  count(): number;
  /** The row that has the focus; -1 for none. */
  current(): number;
  move(index: number): void;
  enter(): void;
}

/** How many rows Page Up and Page Down go. */
const LEAP = 8;

/** Keys of a grid: ↑ and ↓ move between rows, Home and End to the first and last, Enter goes to the event. */
export function listenToRowKeys(body: HTMLElement, { count, current, move, enter }: RowKeys): void {
  body.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const last = count() - 1;
    const targets: Readonly<Record<string, number>> = {
      ArrowDown: current() + 1,
      ArrowUp: current() - 1,
      PageDown: current() + LEAP,
      PageUp: current() - LEAP,
      Home: 0,
      End: last,
    };
    const target = targets[event.key];
    if (target !== undefined) move(Math.min(last, Math.max(0, target)));
    else if (event.key === 'Enter') enter();
    else return;
    event.preventDefault();
  });
}
