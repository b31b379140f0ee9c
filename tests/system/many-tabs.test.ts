import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { startBrowser, type TestBrowser } from '../e2e/browser.ts';
import { untilAdvanced, untilState } from '../e2e/frames.ts';
import { hangBound } from '../hang-bound.ts';
import { type System, startSystem } from './system.ts';

const TABS = 7;

describe('seven tabs of one browser over plain HTTP/1.1, which gives them six connections', () => {
  let system: System;
  let browser: TestBrowser;
  const pages: Page[] = [];

  before(async () => {
    system = await startSystem([
      '--size',
      '320x180',
      '--fps',
      '5',
      '--detector',
      'none',
      '--part',
      '1',
      '--thumbnail-interval',
      '0',
      '--log-level',
      'error',
    ]);
    browser = await startBrowser({ width: 640, height: 400 });
  });
  after(async () => {
    await browser?.close();
    await system?.stop();
  });

  /** How many event streams the server holds. */
  async function eventStreams(): Promise<number> {
    const text = await (await fetch(`${system.url}/metrics`)).text();
    return Number(/^hlsstream_event_clients\S* (\d+)/m.exec(text)?.[1]);
  }

  test('all play, the seventh too, and hold one event stream between them', async () => {
    const open = async () => {
      const { page } = await browser.open(system.url);
      pages.push(page);
      await untilState(page, 'live', 40_000);
    };
    await open();
    // Those between the first and the last come as they like.
    await Promise.all(Array.from({ length: TABS - 2 }, open));
    await open();
    await Promise.all(pages.map((page) => untilAdvanced(page, 1)));
    assert.equal(await eventStreams(), 1);
    // Events come to whoever is paused, too.
    await Promise.all(pages.map((page) => page.evaluate(() => document.querySelector('video')?.pause())));
  });

  test('every tab shows an event, also after the tab that came first has gone', async () => {
    await shown('one');
    await pages.shift()?.close();
    await shown('two');
  });

  test('also when a tab is frozen', async () => {
    const frozen = pages.shift();
    assert.ok(frozen !== undefined);
    const protocol = await browser.context.newCDPSession(frozen);
    await protocol.send('Page.setWebLifecycleState', { state: 'frozen' });
    await shown('three');
    await protocol.send('Page.setWebLifecycleState', { state: 'active' });
    pages.push(frozen);
    await shown('four');
    assert.equal(await eventStreams(), 1);
  });

  async function shown(id: string): Promise<void> {
    const response = await fetch(`${system.url}/markers`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ id, text: id, class: 'note' }),
    });
    assert.ok(response.ok, `${response.status} ${await response.text()}`);
    await Promise.all(
      pages.map((page) => page.locator(`tr[data-id="${id}"]`).waitFor({ timeout: hangBound(20) })),
    );
  }
});
