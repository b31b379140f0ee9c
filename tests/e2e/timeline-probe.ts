import type { Page } from 'playwright-core';

/** Where things are on the two timelines, found from the outside. Places in pixels of the page. */

/** A colour of the canvas: red, green, blue, 0 to 255. */
export type Colour = readonly [number, number, number];

/** What the style sheet gives two of the classes. */
export const MINT: Colour = [62, 180, 137];
export const ORANGE: Colour = [242, 165, 65];

/** The middle of a marker's head on the seek bar. */
export function onBar(page: Page, id: string): Promise<{ x: number; y: number }> {
  return page.evaluate((marker) => {
    const bar = (document.querySelector('.marks') as HTMLElement).getBoundingClientRect();
    return {
      x: bar.left + (window.hlsstream.placeOf(marker) ?? Number.NaN) * bar.width + 2,
      y: bar.top + 16,
    };
  }, id);
}

/** Where a date (µs) is on the overview while it shows the whole window. */
export function onOverview(page: Page, date: number): Promise<{ x: number; top: number; height: number }> {
  return page.evaluate((at) => {
    const { clock, range } = window.hlsstream.state();
    const [start = 0, end = 0] = [range.start, range.end].map((time) => {
      const span = clock.findLast((one) => one.time <= time + 5e-7) ?? clock[0];
      return span === undefined ? 0 : span.date + (time - span.time) * 1e6;
    });
    const box = (document.querySelector('.overview-canvas') as HTMLElement).getBoundingClientRect();
    return { x: box.left + ((at - start) / (end - start)) * box.width, top: box.top, height: box.height };
  }, date);
}

/** Where in a column of a canvas this colour is painted, pure; undefined if nowhere. A place of the page. */
export function findColour(
  page: Page,
  canvas: string,
  x: number,
  colour: Colour,
): Promise<number | undefined> {
  return page.evaluate(
    ({ selector, at, wanted }) => {
      const element = document.querySelector(selector) as HTMLCanvasElement;
      const box = element.getBoundingClientRect();
      const scale = element.width / box.width;
      const column = Math.round((at - box.left) * scale);
      const { data } = (element.getContext('2d') as CanvasRenderingContext2D).getImageData(
        column,
        0,
        1,
        element.height,
      );
      for (let row = 0; row < element.height; row += 1) {
        const [red = 0, green = 0, blue = 0, alpha = 0] = data.subarray(row * 4, row * 4 + 4);
        const off = Math.max(
          Math.abs(red - wanted[0]),
          Math.abs(green - wanted[1]),
          Math.abs(blue - wanted[2]),
        );
        if (alpha > 250 && off < 6) return box.top + row / scale + 2;
      }
      return undefined;
    },
    { selector: canvas, at: x, wanted: colour },
  );
}

/** The date a tip tells, in seconds since the epoch: it says the time of a day, here the one nearest to the frame shown. */
export function tipTime(page: Page, timeline: '.marks' | '.overview-track'): Promise<number> {
  return page.locator(`${timeline} .tip-time`).evaluate((tip) => {
    const [hours = 0, minutes = 0, seconds = 0] = (tip.textContent ?? '').split(':').map(Number);
    const shown = (window.hlsstream.state().date ?? 0) / 1000;
    const told = new Date(shown).setHours(hours, minutes, 0, seconds * 1000);
    const day = 86_400_000;
    return (told - Math.round((told - shown) / day) * day) / 1000;
  });
}

/** The dates the overview shows, as its tip tells them at both ends; in seconds since the epoch. */
export async function overviewEnds(page: Page): Promise<{ start: number; end: number }> {
  const box = await page.locator('.overview-track').boundingBox();
  if (box === null) throw new Error('the overview has no place');
  const times: number[] = [];
  for (const x of [box.x + 1, box.x + box.width - 1]) {
    // On the axis, where no marker draws the tip to itself.
    await page.mouse.move(x, box.y + 3);
    times.push(await tipTime(page, '.overview-track'));
  }
  return { start: times[0] ?? 0, end: times[1] ?? 0 };
}
