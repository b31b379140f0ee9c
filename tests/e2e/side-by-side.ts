import type { Page } from 'playwright-core';
import type { TestBrowser } from './browser.ts';
import type { PlayerName, PlayerPages } from './player-pages.ts';
import { openWatched } from './watched-page.ts';

/** A player beside others; its frame takes what `readWatched` asks of a page. */
export interface SideBySide {
  readonly views: readonly { readonly name: PlayerName; readonly view: Page }[];
  close(): Promise<void>;
}

/** Opens players in one page: the browser stops pictures without sound in tabs that nobody looks at. */
export async function openSideBySide(
  { context }: TestBrowser,
  players: PlayerPages,
  names: readonly PlayerName[],
  system: string,
): Promise<SideBySide> {
  const page = await openWatched(context, players.urlOf('hls.js', system).replace(/\?.*/, ''));
  const sources = JSON.stringify(names.map((name) => players.urlOf(name, system)));
  await page.evaluate(`Promise.all(${sources}.map((src) => new Promise((resolve) => {
    const frame = document.createElement('iframe');
    frame.src = src;
    frame.allow = 'autoplay';
    frame.addEventListener('load', resolve);
    document.body.append(frame);
  })))`);
  const frames = page.frames().slice(1);
  const views = names.map((name, index) => ({ name, view: frames[index] as unknown as Page }));
  return { views, close: () => page.close() };
}
