import type { Page } from 'playwright-core';
import { startBrowser, type TestBrowser } from './browser.ts';
import { type Fixture, startFixture } from './fixture-server.ts';
import { type RecordedStream, type RecordedStreamOptions, recordStream } from './recorded-stream.ts';
import { type ServedStream, serveStream } from './served-stream.ts';

/** The viewer in a browser, on a server that faults can be made of. */
interface OpenViewer<Server> {
  readonly recorded: RecordedStream;
  readonly fixture: Server;
  readonly browser: TestBrowser;
  readonly page: Page;
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

/** The viewer on the fixture's server, which says whatever it is told to. */
export type OpenFixture = OpenViewer<Fixture>;

/** The viewer on the real API. */
export type OpenServed = OpenViewer<ServedStream>;

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
  return openViewer(recorded, fixture, { clock, prepare: () => prepare?.(fixture, recorded) });
}

/** Opens the page on a recorded stream that the real API serves. */
export async function openServed({
  recording = {},
  clock = false,
}: Omit<OpenFixtureOptions, 'prepare'> = {}): Promise<OpenServed> {
  const recorded = await recordStream(recording);
  const served = await serveStream(recorded, recording.window ?? 120);
  return openViewer(recorded, served, { clock });
}

async function openViewer<Server extends { readonly url: string; close(): Promise<void> }>(
  recorded: RecordedStream,
  fixture: Server,
  { clock, prepare }: { clock: boolean; prepare?: () => void },
): Promise<OpenViewer<Server>> {
  let browser: TestBrowser | undefined;
  const close = async () => {
    await browser?.close();
    await fixture.close();
  };
  try {
    prepare?.();
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
