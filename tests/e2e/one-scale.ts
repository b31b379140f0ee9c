import type { Page } from 'playwright-core';
import { hangBound } from '../hang-bound.ts';
import { until } from '../until.ts';
import { startBrowser } from './browser.ts';
import { untilAdvanced, untilState } from './frames.ts';
import { type RecordedStream, recordStream } from './recorded-stream.ts';
import { type ServedStream, serveStream } from './served-stream.ts';

/**
 * Marker against handle: how far apart they stand, in pixels, when playback is at the marker. One figure for
 * each pair of a random marker and the moment playback is there, in each state of the player.
 */
export type Apart = Readonly<Record<ScaleState, readonly number[]>>;

/** The states in which seek bar, handle and markers must share one scale. */
export type ScaleState = 'live edge' | '30 s back' | 'paused 60 s' | 'scrubbing' | 'restarted' | 'ended';

/** Measures `pairs` pairs in each state, in a real browser, on a stream whose time the test has in hand. */
export async function measureScale(pairs: number, seed = 1): Promise<Apart> {
  const recorded = await recordStream();
  const fixture = await serveStream(recorded);
  const browser = await startBrowser();
  try {
    const { page } = await browser.open(fixture.url);
    await untilState(page, 'live');
    await untilAdvanced(page, 0.5);
    const probe = new Probe(page, fixture, recorded, seed);
    const live = await probe.passing(pairs);
    for (let times = 0; times < 6; times += 1) await page.keyboard.press('ArrowLeft');
    await untilAdvanced(page, 0.5);
    const behind = await probe.passing(pairs);

    await page.locator('.vjs-seek-to-live-control').click();
    await untilAdvanced(page, 0.5);
    await page.locator('.vjs-play-control').click();
    recorded.pass(60);
    const edge = await probe.edge();
    // What a browser does when the network comes back: the page asks for the time anew.
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await page.waitForFunction((before) => window.hlsstream.state().range.end > before + 55, edge, {
      timeout: hangBound(15),
    });
    const paused = await probe.visiting(pairs);
    const scrubbing = await probe.scrubbing(pairs);

    await page.locator('.vjs-seek-to-live-control').click();
    await untilAdvanced(page, 0.5);
    recorded.restart(3);
    await page.waitForFunction(
      () => {
        const { clock, date } = window.hlsstream.state();
        const after = clock.findLast(({ discontinuity }) => discontinuity);
        return after !== undefined && date !== undefined && date > after.date + 5e5;
      },
      undefined,
      { timeout: hangBound(30) },
    );
    await page.locator('.vjs-play-control').click();
    const restarted = await probe.visiting(pairs);

    await fixture.end();
    await page.waitForFunction(() => window.hlsstream.stream()?.status === 'ended');
    const ended = await probe.visiting(pairs);
    return {
      'live edge': live,
      '30 s back': behind,
      'paused 60 s': paused,
      scrubbing,
      restarted,
      ended,
    };
  } finally {
    await browser.close();
    await fixture.close();
  }
}

declare global {
  interface Window {
    /** What the page shows of itself: see viewer.ts. */
    readonly hlsstream: {
      state(): {
        readonly clock: readonly { date: number; duration: number; time: number; discontinuity?: boolean }[];
        readonly range: { start: number; end: number };
        readonly time: number;
        readonly date: number | undefined;
        readonly paused: boolean;
      };
      stream(): { status: string } | undefined;
      markers(): readonly { id: string; date: number }[];
      placeOf(id: string): number | undefined;
    };
  }
}

/** Puts markers where they are wanted and reads where they and the handle stand. */
class Probe {
  readonly page: Page;
  readonly fixture: ServedStream;
  readonly recorded: RecordedStream;
  #count = 0;
  #random: number;

  constructor(page: Page, fixture: ServedStream, recorded: RecordedStream, seed: number) {
    this.page = page;
    this.fixture = fixture;
    this.recorded = recorded;
    this.#random = seed;
  }

  edge(): Promise<number> {
    return this.page.evaluate(() => window.hlsstream.state().range.end);
  }

  /** Markers just ahead of the playhead, each compared at the moment playback passes it. */
  async passing(pairs: number): Promise<number[]> {
    const { page } = this;
    const shown = await page.evaluate(() => window.hlsstream.state().date ?? 0);
    const ids = await Promise.all(
      Array.from({ length: pairs }, (_, at) =>
        this.#mark(shown / 1000 + 1200 + at * 100 + this.#next() * 90),
      ),
    );
    // As text: it runs in the page.
    const apart = await page.evaluate(`new Promise((resolve) => {
      const ids = ${JSON.stringify(ids)};
      const before = new Map();
      const apart = [];
      const look = () => {
        const { hlsstream } = window;
        const bar = document.querySelector('.marks').getBoundingClientRect();
        const handle = document.querySelector('.vjs-play-progress').getBoundingClientRect().right;
        const { date } = hlsstream.state();
        for (const marker of hlsstream.markers()) {
          if (!ids.includes(marker.id)) continue;
          const place = hlsstream.placeOf(marker.id);
          if (place === undefined) continue;
          const now = { off: bar.left + place * bar.width - handle, date };
          const was = before.get(marker.id);
          before.set(marker.id, now);
          if (was === undefined || was.date > marker.date || date < marker.date) continue;
          // Between two repaints: where both stood at the very moment.
          const share = (marker.date - was.date) / Math.max(now.date - was.date, 1);
          apart.push(Math.abs(was.off + share * (now.off - was.off)));
          ids.splice(ids.indexOf(marker.id), 1);
        }
        if (ids.length === 0) resolve(apart);
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
      setTimeout(() => resolve(ids), ${15_000 + pairs * 300});
    })`);
    await this.#forget(ids);
    return finite(apart);
  }

  /** Random markers of the window, one after the other: a click on it, and the frame is on screen. */
  async visiting(pairs: number): Promise<number[]> {
    const apart: number[] = [];
    for (let pair = 0; pair < pairs; pair += 1) {
      const { first, next } = this.recorded.listed();
      // Away from both ends: the oldest segments leave meanwhile, the newest are not loaded yet.
      const segment = Math.floor(first + 8 + this.#next() * (next - first - 16));
      const date = this.recorded.dateOf(segment, Math.floor(this.#next() * 10));
      const id = await this.#mark(date);
      const { page } = this;
      await this.#click(id);
      const off = await page.waitForFunction(
        (marker) => {
          const video = document.querySelector('video') as HTMLVideoElement;
          const date = window.hlsstream.markers().find((one) => one.id === marker)?.date ?? 0;
          const shown = window.hlsstream.state().date ?? 0;
          if (video.seeking || Math.abs(shown - date) > 20_000) return undefined;
          // The handle is where it belongs once the page has painted the frame that came.
          return new Promise((read) => {
            requestAnimationFrame(() =>
              requestAnimationFrame(() => {
                const bar = (document.querySelector('.marks') as HTMLElement).getBoundingClientRect();
                const handle = (
                  document.querySelector('.vjs-play-progress') as HTMLElement
                ).getBoundingClientRect();
                const place = window.hlsstream.placeOf(marker) ?? Number.NaN;
                read({ apart: Math.abs(bar.left + place * bar.width - handle.right) });
              }),
            );
          });
        },
        id,
        { timeout: hangBound(15) },
      );
      apart.push(((await off.jsonValue()) as { apart: number }).apart);
      await this.#forget([id]);
    }
    return finite(apart);
  }

  /** With the handle held at random places, a marker on the frame it is held at. */
  async scrubbing(pairs: number): Promise<number[]> {
    const { page } = this;
    const box = await page.locator('.marks').boundingBox();
    if (box === null) throw new Error('the seek bar has no place');
    const y = box.y + 38;
    await page.mouse.move(box.x + box.width / 2, y);
    await page.mouse.down();
    const apart: number[] = [];
    for (let pair = 0; pair < pairs; pair += 1) {
      await page.mouse.move(box.x + (0.03 + this.#next() * 0.9) * box.width, y, { steps: 3 });
      const date = await page.evaluate(() => window.hlsstream.state().date ?? 0);
      const id = await this.#mark(date / 1000);
      await page.waitForFunction((marker) => window.hlsstream.placeOf(marker) !== undefined, id);
      apart.push(
        await page.evaluate((marker) => {
          const bar = (document.querySelector('.marks') as HTMLElement).getBoundingClientRect();
          const handle = (
            document.querySelector('.vjs-play-progress') as HTMLElement
          ).getBoundingClientRect();
          return Math.abs(
            bar.left + (window.hlsstream.placeOf(marker) ?? Number.NaN) * bar.width - handle.right,
          );
        }, id),
      );
      await this.#forget([id]);
    }
    await page.mouse.up();
    return finite(apart);
  }

  /** Clicks on a marker; once more if the bar's scale moved on, a segment at a time, between look and press. */
  async #click(id: string): Promise<void> {
    const { page } = this;
    const look = async () => {
      await page.waitForFunction((marker) => window.hlsstream.placeOf(marker) !== undefined, id);
      return page.evaluate(
        (marker) =>
          new Promise<{ x: number; y: number }>((found) => {
            // A marker takes clicks once it is painted, on the next repaint.
            requestAnimationFrame(() =>
              requestAnimationFrame(() => {
                const bar = (document.querySelector('.marks') as HTMLElement).getBoundingClientRect();
                found({
                  x: bar.left + (window.hlsstream.placeOf(marker) ?? 0) * bar.width + 2,
                  y: bar.top + 16,
                });
              }),
            );
          }),
        id,
      );
    };
    await until(`the scale stands still for a click on ${id}`, 20, async () => {
      const { x, y } = await look();
      await page.mouse.click(x, y);
      return Math.abs((await look()).x - x) < 1;
    });
  }

  async #mark(milliseconds: number): Promise<string> {
    const id = `pair-${this.#count++}`;
    await this.fixture.mark({ id, date: Math.round(milliseconds), class: 'pair' });
    return id;
  }

  async #forget(ids: readonly string[]): Promise<void> {
    await this.fixture.change(...ids.map((id) => ({ op: 'delete' as const, id })));
  }

  /** 0 to 1, the same in every run. */
  #next(): number {
    this.#random = (this.#random * 48271) % 2147483647;
    return this.#random / 2147483647;
  }
}

function finite(figures: unknown): number[] {
  if (
    !Array.isArray(figures) ||
    !figures.every((figure) => typeof figure === 'number' && Number.isFinite(figure))
  ) {
    throw new Error(`not all pairs could be compared: ${JSON.stringify(figures)}`);
  }
  return figures;
}
