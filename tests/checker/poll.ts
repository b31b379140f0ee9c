import { setTimeout as delay } from 'node:timers/promises';
import { checkMedia } from './media-check.ts';
import type { PlaylistText } from './playlist-text.ts';
import { ReloadChecker, type Removal } from './reload-checker.ts';
import type { Violation } from './violation.ts';

/** How {@link pollAndCheck} goes about it. */
export interface PollOptions {
  /** While this holds nobody need answer; who answers must be right all the same. */
  readonly mayBeAway?: () => boolean;
  /** How long to poll, in seconds; it stops earlier at EXT-X-ENDLIST. */
  readonly seconds: number;
  /** Stops at once; what was found is returned. */
  readonly signal?: AbortSignal;
  /** Ask for Playlist Delta Updates where they are announced. @default false */
  readonly deltas?: boolean;
  /** At the end fetch, compare and decode so many of the newest segments; 0 for none. @default 10 */
  readonly media?: number;
  /** How long before the end of its grace an expired file is asked for, in milliseconds. @default 1500 */
  readonly beforeExpiry?: number;
}

/** What {@link pollAndCheck} saw. */
export interface PollReport {
  readonly violations: readonly Violation[];
  /** Playlists fetched and judged. */
  readonly reloads: number;
  /** The newest version; undefined if there was none. */
  readonly latest: PlaylistText | undefined;
}

/**
 * Polls as a real client does (blocking reload where it is announced, otherwise each half target duration)
 * and judges every version. `url` is that of a Media Playlist, or of a Multivariant one: then its first variant.
 */
export async function pollAndCheck(url: string | URL, options: PollOptions): Promise<PollReport> {
  const checker = new ReloadChecker();
  const violations: Violation[] = [];
  const ends = AbortSignal.timeout(options.seconds * 1000);
  const signal = options.signal === undefined ? ends : AbortSignal.any([ends, options.signal]);
  let reloads = 0;
  let media: URL | undefined;
  const expired = new Set<Removal>();
  while (!signal.aborted && checker.latest?.ended !== true) {
    try {
      media ??= await mediaPlaylistUrl(new URL(url), signal);
      const response = await fetch(reloadUrl(media, checker.latest, options.deltas === true), { signal });
      const text = await response.text();
      if (response.status === 200) {
        checker.feed(text, Date.now());
        reloads += 1;
      } else if (response.status !== 503) {
        violations.push({
          rule: 'http',
          message: `${response.status} for ${response.url}: ${text.slice(0, 200)}`,
        });
      }
      if (!blocks(checker.latest) || response.status !== 200) {
        await delay(500 * (checker.latest?.targetDuration ?? 1), undefined, { signal });
      }
      for (const removal of checker.removals) {
        if (expired.has(removal) || removal.until - Date.now() > (options.beforeExpiry ?? 1500)) continue;
        expired.add(removal);
        violations.push(...(await checkExpired(removal, media, signal)));
      }
    } catch (error) {
      if (signal.aborted) break;
      if (options.mayBeAway?.() !== true)
        violations.push({ rule: 'http', message: `${url}: ${reasonOf(error)}` });
      await delay(200);
    }
  }
  const newest = options.media ?? 10;
  if (media !== undefined && checker.latest !== undefined && newest > 0) {
    const base = media;
    const bytes = async (uri: string) => {
      const response = await fetch(new URL(uri, base));
      return response.ok ? Buffer.from(await response.arrayBuffer()) : void (await response.body?.cancel());
    };
    violations.push(...(await checkMedia(checker.latest, { fetch: bytes, newest })));
  }
  return { violations: [...violations, ...checker.violations], reloads, latest: checker.latest };
}

async function mediaPlaylistUrl(url: URL, signal: AbortSignal): Promise<URL> {
  const response = await fetch(url, { signal });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} for ${url}`);
  const variant = /^#EXT-X-STREAM-INF.*\r?\n(.+)$/m.exec(text)?.[1];
  return variant === undefined ? url : new URL(variant, response.url);
}

function blocks(playlist: PlaylistText | undefined): boolean {
  return playlist?.serverControl.get('CAN-BLOCK-RELOAD') === 'YES';
}

/** The request for the version after this one (rfc8216bis §6.2.5). */
function reloadUrl(media: URL, latest: PlaylistText | undefined, deltas: boolean): URL {
  const url = new URL(media);
  if (latest === undefined || !blocks(latest)) return url;
  url.searchParams.set('_HLS_msn', String(latest.mediaSequence + latest.segments.length));
  if (latest.partTarget !== undefined) {
    url.searchParams.set('_HLS_part', String(latest.open?.parts.length ?? 0));
  }
  if (deltas && latest.serverControl.has('CAN-SKIP-UNTIL')) url.searchParams.set('_HLS_skip', 'YES');
  return url;
}

/** §6.2.2: an expired segment is served until its grace is over. */
async function checkExpired(removal: Removal, media: URL, signal: AbortSignal): Promise<Violation[]> {
  if (removal.until < Date.now()) return [];
  const response = await fetch(new URL(removal.uri, media), { method: 'HEAD', signal });
  if (response.ok) return [];
  const left = removal.until - Date.now();
  return [
    {
      rule: 'expired-too-early',
      message: `${removal.uri}: ${response.status}, ${left} ms before its grace ends`,
    },
  ];
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
