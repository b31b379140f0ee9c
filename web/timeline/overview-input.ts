/** What hands and wheels ask of the overview; `x` and `y` in pixels from its top left corner. */
export interface OverviewGestures {
  /** Moves the view; positive goes to later times. False if there was nowhere to go. */
  pan(pixels: number): void;
  /** Shows `factor` times as much, with what is at `x` staying there; false if that changes nothing. */
  zoom(factor: number, x: number): boolean;
  look(x: number, y: number, finger: boolean): void;
  leave(): void;
  /** A click or a tap. */
  press(x: number, y: number, finger: boolean): void;
  fit(): void;
}

/** A press that moved further than this is a drag, in pixels: a finger is never quite still. */
const SLOP = 4;
const FINGER_SLOP = 9;
/** Zoom for each pixel of the wheel; a notch is about 100. */
const WHEEL = 0.0022;
/** Pixels of a line, for wheels that count in lines. */
const LINE = 16;

interface Held {
  x: number;
  y: number;
}

/** Listens to mouse, fingers, wheel and trackpad. */
export function listenToOverview(element: HTMLElement, requests: OverviewGestures): void {
  const held = new Map<number, Held>();
  let moved = false;

  function place({ clientX, clientY }: MouseEvent): Held {
    const box = element.getBoundingClientRect();
    return { x: clientX - box.left, y: clientY - box.top };
  }

  element.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    if (held.size === 0) moved = false;
    // A second finger makes it a pinch, whatever it was before.
    else moved = true;
    held.set(event.pointerId, place(event));
    element.setPointerCapture(event.pointerId);
  });

  element.addEventListener('pointermove', (event) => {
    const now = place(event);
    const before = held.get(event.pointerId);
    const finger = event.pointerType === 'touch';
    if (before === undefined) {
      if (!finger) requests.look(now.x, now.y, false);
      return;
    }
    if (!moved && Math.hypot(now.x - before.x, now.y - before.y) < (finger ? FINGER_SLOP : SLOP)) return;
    moved = true;
    requests.leave();
    const other = [...held].find(([id]) => id !== event.pointerId)?.[1];
    if (other === undefined) requests.pan(before.x - now.x);
    else {
      // What lay under the two fingers stays under them.
      const [was, is] = [Math.abs(before.x - other.x), Math.abs(now.x - other.x)];
      const middle = (now.x + other.x) / 2;
      requests.pan((before.x - now.x) / 2);
      if (was > 12 && is > 12) requests.zoom(was / is, middle);
    }
    held.set(event.pointerId, now);
  });

  for (const type of ['pointerup', 'pointercancel'] as const) {
    element.addEventListener(type, (event) => {
      const was = held.get(event.pointerId);
      held.delete(event.pointerId);
      if (was === undefined || type === 'pointercancel' || moved) return;
      requests.press(was.x, was.y, event.pointerType === 'touch');
    });
  }

  element.addEventListener('pointerleave', (event) => {
    if (event.pointerType !== 'touch') requests.leave();
  });
  element.addEventListener('dblclick', () => requests.fit());

  element.addEventListener(
    'wheel',
    (event) => {
      const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE : 1;
      const [dx, dy] = [event.deltaX * unit, event.deltaY * unit];
      if (event.shiftKey || Math.abs(dx) > Math.abs(dy)) {
        requests.pan(Math.abs(dx) > Math.abs(dy) ? dx : dy);
        event.preventDefault();
        return;
      }
      // A pinch on a trackpad comes as a wheel with Ctrl, in small steps.
      const factor = Math.exp(dy * WHEEL * (event.ctrlKey ? 4 : 1));
      // Once all is in view a wheel that asks for more scrolls the page.
      if (requests.zoom(factor, place(event).x) || event.ctrlKey) event.preventDefault();
    },
    { passive: false },
  );
}

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
