import { keepBeside } from './place.ts';

/**
 * Makes a <details> a menu: what it opens stays in the window, and it closes on Escape, and when focus or pointer go
 * elsewhere.
 */
export function createMenu(menu: HTMLDetailsElement): void {
  const summary = menu.querySelector('summary');
  const items = menu.querySelector<HTMLElement>('.menu-items');
  let release = () => {};

  menu.addEventListener('toggle', () => {
    release();
    release = menu.open && summary && items ? keepBeside(summary, items, 'below') : () => {};
  });
  document.addEventListener('pointerdown', (event) => {
    if (!menu.contains(event.target as Node)) menu.open = false;
  });
  menu.addEventListener('focusout', ({ relatedTarget }) => {
    if (relatedTarget !== null && !menu.contains(relatedTarget as Node)) menu.open = false;
  });
  menu.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !menu.open) return;
    menu.open = false;
    summary?.focus();
    event.preventDefault();
  });
}
