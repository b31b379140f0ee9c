import type { SeenObjects } from '../../src/objects/shown.ts';
import { jitteredBackOff } from './back-off.ts';
import { readObjectFrames } from './object-json.ts';
import { serverGate } from './server-gate.ts';

/** Fetches the objects of segments, each once, a few at a time. */
export interface Sidecars {
  /** These are wanted now, the most urgent first; what was wanted before and is not among them no longer is. */
  want(urls: readonly string[]): void;
}

/** Where they go, and what a test gives in place of a page's own. */
export interface SidecarsOptions {
  /** Whether it is there already. */
  has(url: string): boolean;
  put(url: string, frames: readonly SeenObjects[]): void;
  /** Undefined as long as it has not been written; rejects when there is no proper answer. */
  readonly fetchJson?: (url: string) => Promise<unknown>;
  /** Milliseconds on any clock. */
  readonly now?: () => number;
}

const AT_ONCE = 2;
const TIMEOUT = 10_000;

/** Makes it, idle. */
export function createSidecars({
  has,
  put,
  fetchJson = fetchOnce,
  now = () => performance.now(),
}: SidecarsOptions): Sidecars {
  let wanted: readonly string[] = [];
  const asking = new Set<string>();
  /** Of those wanted that could not be had: how often not, and when to ask again. */
  const missing = new Map<string, { readonly times: number; readonly at: number }>();

  async function ask(url: string): Promise<void> {
    asking.add(url);
    const found = await fetchJson(url).catch(() => undefined);
    asking.delete(url);
    if (found === undefined) {
      const times = (missing.get(url)?.times ?? 0) + 1;
      missing.set(url, { times, at: now() + jitteredBackOff(times) });
    } else {
      missing.delete(url);
      put(url, readObjectFrames(found));
    }
    go();
  }

  function go(): void {
    for (const url of wanted) {
      if (asking.size >= AT_ONCE) return;
      if (asking.has(url) || has(url) || now() < (missing.get(url)?.at ?? 0)) continue;
      void ask(url);
    }
  }

  return {
    want(urls) {
      wanted = urls;
      for (const url of missing.keys()) if (!urls.includes(url)) missing.delete(url);
      go();
    },
  };
}

/** Where the objects of a segment are, by where the segment is; undefined where there are none. Pure. */
export function sidecarUrl(segment: string): string | undefined {
  const msn = /\/(\d+)\.\w+(?:\?.*)?$/.exec(segment)?.[1];
  return msn === undefined ? undefined : new URL(`../${msn}.objects.json`, segment).href;
}

async function fetchOnce(url: string): Promise<unknown> {
  if (!serverGate.isOpen()) throw new Error('the server is away');
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT) });
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.json();
}
