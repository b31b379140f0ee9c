import type { Marker } from '../markers/marker-list.ts';
import type { Mark } from './marks.ts';

/** What the layer over the seek bar is asked and told; `x` in pixels from the bar's left end. */
export interface BarRequests {
  find(x: number, finger: boolean): Mark | undefined;
  first(mark: Mark): Marker | undefined;
  pick(marker: Marker): void;
  /** Someone looks at this place, by pointer or keyboard. */
  look(x: number, finger: boolean): void;
  leave(): void;
  /** Height from the top in which marks take clicks; below it is the bar's own. */
  readonly layer: number;
}

/** A press that moved further than this is a wish to scrub, in pixels. */
const SLOP = 5;
/** While the pointer rests the picture under it changes; looking again this often is enough, in milliseconds. */
const AGAIN = 150;

/**
 * Joins pointer and keyboard to the layer. It lies in video.js's seek bar and lets everything through, but a
 * press on a mark: that is not a wish to scrub, until it moves.
 * @returns `tick`, called before each repaint with the place of the handle.
 */
export function listenToBar(element: HTMLElement, requests: BarRequests): { tick(handle: number): void } {
  let pressed: { mark: Mark; x: number; moved: boolean } | undefined;
  let pointer: number | undefined;
  let keyboard = false;
  let lookedAt = 0;

  function place(event: MouseEvent): { x: number; on: boolean } {
    const box = element.getBoundingClientRect();
    return { x: event.clientX - box.left, on: event.clientY <= box.top + requests.layer };
  }

  function look(x: number): void {
    lookedAt = performance.now();
    requests.look(Math.min(Math.max(x, 0), element.clientWidth), false);
  }

  function onPress(event: PointerEvent): void {
    const { x, on } = place(event);
    const mark = on && event.button === 0 ? requests.find(x, event.pointerType === 'touch') : undefined;
    pressed = mark === undefined ? undefined : { mark, x, moved: false };
    if (pressed !== undefined) event.stopImmediatePropagation();
  }

  function onMove(event: PointerEvent): void {
    const { x } = place(event);
    if (event.pointerType !== 'touch') {
      pointer = x;
      look(x);
    }
    // What was let go beside the bar is over.
    if (event.buttons === 0) pressed = undefined;
    if (pressed === undefined || pressed.moved || Math.abs(x - pressed.x) < SLOP) return;
    pressed.moved = true;
    // Now the seek bar gets the press it was not told of.
    const { clientX, clientY } = event;
    const press = { bubbles: true, cancelable: true, button: 0, buttons: 1, clientX, clientY };
    bar()?.dispatchEvent(new MouseEvent('mousedown', press));
  }

  function onClick(event: MouseEvent): void {
    const held = pressed;
    pressed = undefined;
    if (held === undefined || held.moved) return;
    event.stopImmediatePropagation();
    const marker = requests.first(held.mark);
    if (marker !== undefined) requests.pick(marker);
  }

  function leave(): void {
    pointer = undefined;
    keyboard = false;
    requests.leave();
  }

  function bar(): Element | null {
    return element.parentElement?.querySelector('.vjs-progress-holder') ?? null;
  }

  queueMicrotask(() => {
    const around = element.parentElement;
    if (around === null) return;
    around.addEventListener('pointerdown', onPress, { capture: true });
    around.addEventListener('pointermove', onMove);
    around.addEventListener('click', onClick, { capture: true });
    around.addEventListener('pointerleave', leave);
    for (const type of ['mousedown', 'touchstart'] as const) {
      // Ours are not trusted; those of the browser follow the press.
      around.addEventListener(
        type,
        (event) =>
          event.isTrusted && pressed !== undefined && !pressed.moved && event.stopImmediatePropagation(),
        { capture: true, passive: true },
      );
    }
    around.addEventListener('focusin', () => {
      keyboard = around.querySelector(':focus-visible') !== null;
    });
    // video.js stops the keys it uses, so they are seen on their way down.
    around.addEventListener(
      'keydown',
      () => {
        keyboard = true;
      },
      { capture: true },
    );
    around.addEventListener('focusout', leave);
  });

  return {
    tick(handle) {
      if ((pointer === undefined && !keyboard) || performance.now() - lookedAt < AGAIN) return;
      look(pointer ?? handle);
    },
  };
}
