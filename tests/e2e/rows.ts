import type { Locator, Page } from 'playwright-core';

/**
 * The row of a marker, brought into view: the page has only the rows that are seen. At the top of the table it stays in
 * view only until others come in above it: who adds several waits for the newest first.
 */
export async function rowOf(page: Page, id: string): Promise<Locator> {
  const row = page.locator(`tr[data-id="${id}"]`);
  await page.waitForFunction(scrollToRow, id);
  return row;
}

function scrollToRow(id: string): boolean {
  const { hlsstream } = window as unknown as { hlsstream: { markers(): { id: string }[] } };
  const position = hlsstream.markers().findIndex((marker) => marker.id === id);
  const [grid, rows] = [document.querySelector('#grid'), document.querySelector('#rows')];
  if (position === -1 || grid === null || rows === null) return false;
  // What came in while the viewer was reading further down is not shown yet.
  const shown = Number(grid.getAttribute('aria-rowcount')) - 1;
  const height = grid.querySelector('tbody tr')?.getBoundingClientRect().height ?? 0;
  rows.scrollTop = Math.max(0, (shown - 1 - position) * height - rows.clientHeight / 2);
  const row = document.querySelector(`tr[data-id="${CSS.escape(id)}"]`);
  return row !== null && row.getClientRects().length > 0;
}
