import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { startBrowser, type TestBrowser } from '../e2e/browser.ts';
import { untilState } from '../e2e/frames.ts';
import { isLong, tried } from '../long.ts';
import { type Cell, gate, matrix, nameOf } from './cells.ts';
import { type Cost, FaultySystem } from './faulty-system.ts';

/**
 * The fault matrix: one system, to which one thing after the other happens while a client posts markers, another follows
 * them, and the reload checker polls; by hand a page is open in a browser, too. `npm run faults` prints the table that
 * .github/RELIABILITY.md keeps.
 */
describe('whatever happens to it, a system goes on and loses nothing that it acknowledged', () => {
  let system: FaultySystem;
  let browser: TestBrowser | undefined;
  let page: Page | undefined;
  let navigations = 0;
  const rows: string[][] = [];

  before(async () => {
    system = await FaultySystem.start(isLong);
    if (!isLong) return;
    browser = await startBrowser();
    ({ page } = await browser.open(system.url));
    await untilState(page, 'live');
    page.on('framenavigated', () => {
      navigations += 1;
    });
  });
  after(async () => {
    process.stdout.write(table(rows));
    await browser?.close();
    await system?.stop();
  });

  for (const cell of tried(gate, matrix))
    test(nameOf(cell), async () => {
      const cost = await system.strike(cell);
      if (page !== undefined) await untilState(page, 'live', 60_000);
      rows.push(row(cell, cost, page === undefined ? '' : navigations > 0 ? 'yes' : 'no'));
      assert.equal(cost.markersLost, 0, 'markers lost or doubled');
      assert.deepEqual(cost.violations, []);
      assert.equal(navigations, 0, 'the page was loaded again');
    });

  test('and every marker is told once, and lies on the very frame that first shows its event', async () => {
    const { misplaced, unsaid, posted, untold } = await system.truth(tried(5, 50));
    assert.ok(posted >= 50, `${posted} markers posted`);
    assert.deepEqual(misplaced, []);
    assert.deepEqual(unsaid, []);
    assert.deepEqual(untold, []);
  });
});

function row(cell: Cell, cost: Cost, reload: string): string[] {
  return [
    nameOf(cell),
    cost.still.toFixed(1),
    cost.lost.toFixed(1),
    `${cost.markersLost}`,
    `${cost.violations.length}`,
    reload,
  ];
}

function table(rows: readonly string[][]): string {
  const head = [
    ...['what happens', 'no new media for, s', 'video lost, s', 'markers lost', 'rules broken'],
    'reload needed',
  ];
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `\n${lines.join('\n')}\n\n`;
}
