import type { Page } from 'playwright-core';
import { startBrowser, type TestBrowser } from './browser.ts';
import { type RecordedStream, type RecordedStreamOptions, recordStream } from './recorded-stream.ts';
import { type ServedStream, type ServeOptions, serveStream } from './served-stream.ts';

/** The viewer in a browser, on a recorded stream that the real API serves, and that faults can be made of. */
export interface OpenServed {
  readonly recorded: RecordedStream;
  readonly fixture: ServedStream;
  readonly browser: TestBrowser;
  readonly page: Page;
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

/** What is played and how. */
export interface OpenServedOptions extends ServeOptions {
  readonly recording?: RecordedStreamOptions;
  /** What was seen and said before the page is opened. */
  prepare?(served: ServedStream, recorded: RecordedStream): Promise<void>;
  /** The page's time is in the hands of the test. */
  readonly clock?: boolean;
}

/** Opens the page on a recorded stream that the real API serves; whatever was started when that fails is closed again. */
export async function openServed({
  recording = {},
  prepare,
  clock = false,
  ...options
}: OpenServedOptions = {}): Promise<OpenServed> {
  const recorded = await recordStream(recording);
  const served = await serveStream(recorded, options);
  let browser: TestBrowser | undefined;
  const close = async () => {
    await browser?.close();
    await served.close();
  };
  try {
    await prepare?.(served, recorded);
    browser = await startBrowser();
    const { page, complaints } = await browser.open('about:blank');
    if (clock) await page.clock.install();
    await page.goto(served.url);
    return { recorded, fixture: served, browser, page, complaints, close };
  } catch (error) {
    await close();
    throw error;
  }
}
