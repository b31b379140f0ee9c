import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { hangBound } from '../hang-bound.ts';

/** A real browser for one test, with a profile of its own. */
export interface TestBrowser {
  readonly context: BrowserContext;
  /** A page that notes every console error, page error and broken security policy. */
  open(url: string): Promise<{ page: Page; complaints: string[] }>;
  close(): Promise<void>;
}

/** What a browser of a test may be told; sizes in CSS pixels. */
export interface BrowserOptions {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
  readonly phone?: boolean;
}

/** Debian's: Playwright's own builds do not decode H.264. */
export const CHROMIUM = '/usr/bin/chromium';

const flags = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
];

/** Tells on the console what broke the page's security policy: which element, and which line of a script or of the markup. */
const REPORT_VIOLATIONS = `document.addEventListener('securitypolicyviolation', (event) => {
  const { effectiveDirective, blockedURI, target, sourceFile, lineNumber, sample } = event;
  console.error('broken policy: ' + [effectiveDirective, blockedURI, sourceFile, lineNumber, sample, target?.outerHTML?.slice(0, 300)].join(' '));
});`;

/** Starts Debian's Chromium (it decodes H.264). */
export async function startBrowser({
  width = 1280,
  height = 800,
  dark = false,
  phone = false,
}: BrowserOptions = {}): Promise<TestBrowser> {
  const profile = await mkdtemp(join(tmpdir(), 'hlsstream-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM,
    headless: true,
    args: flags,
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    hasTouch: phone,
    isMobile: phone,
  });
  context.setDefaultTimeout(hangBound(30));
  return {
    context,
    async open(url) {
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(`page error: ${error.message}`));
      page.on('console', (message) => {
        const text = message.text();
        if (message.type() === 'error' && !/Content Security Policy/.test(text))
          complaints.push(`${text} (${JSON.stringify(message.location())})`);
      });
      // The page's own report names the element; the console's only says that there was one.
      await page.addInitScript({ content: REPORT_VIOLATIONS });
      await page.goto(url);
      return { page, complaints };
    },
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
