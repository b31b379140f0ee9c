import type { Page } from 'playwright-core';
import { startBrowser, type TestBrowser } from './browser.ts';
import { type Fixture, startFixture } from './fixture-server.ts';
import { type RecordedStream, type RecordedStreamOptions, recordStream } from './recorded-stream.ts';

/** The viewer in a browser, on the fixture's server. */
export interface OpenFixture {
  readonly recorded: RecordedStream;
  readonly fixture: Fixture;
  readonly browser: TestBrowser;
  readonly page: Page;
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

/** What is played and how. */
export interface OpenFixtureOptions {
  readonly recording?: RecordedStreamOptions;
  /** Says what the server tells of the stream, before the page is opened. */
  prepare?(fixture: Fixture, recorded: RecordedStream): void;
  /** The page's time is in the hands of the test. */
  readonly clock?: boolean;
}

/** Opens the page on a recorded stream; whatever of it was started when that fails is closed again. */
export async function openFixture({
  recording = {},
  prepare,
  clock = false,
}: OpenFixtureOptions = {}): Promise<OpenFixture> {
  const recorded = await recordStream(recording);
  const fixture = await startFixture(recorded);
  Object.assign(fixture.stream, { window: recording.window ?? 120, width: 320, height: 180, frameRate: 10 });
  let browser: TestBrowser | undefined;
  const close = async () => {
    await browser?.close();
    await fixture.close();
  };
  try {
    prepare?.(fixture, recorded);
    browser = await startBrowser();
    const { page, complaints } = await browser.open('about:blank');
    if (clock) await page.clock.install();
    await page.goto(fixture.url);
    return { recorded, fixture, browser, page, complaints, close };
  } catch (error) {
    await close();
    throw error;
  }
}
