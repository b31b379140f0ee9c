/** What hands and wheels ask of the overview; `x` and `y` in pixels from its top left corner. */
export interface OverviewRequests {
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
export function listenToOverview(element: HTMLElement, requests: OverviewRequests): void {
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
