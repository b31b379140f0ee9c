import { secondsToMilliseconds, toMilliseconds } from '../../src/clock.ts';
import { timedSegments, type VhsPlaylist } from './vhs-playlist.ts';

/**
 * Asks for the right thing in a blocking reload. Pure.
 *
 * VHS 3.17 merges an update into what it had, and so keeps the parts of a segment that has closed meanwhile:
 * from then on it asks for a part that it already has, is answered at once, from its own cache, with what it
 * already knows, and so on until it starves. It also counts one segment too few when a segment has just closed.
 */

/** The Delivery Directives (rfc8216bis §6.2.5.2) that ask for what comes after `playlist`. */
export function nextDirectives({ mediaSequence = 0, segments = [] }: VhsPlaylist): {
  msn: number;
  part: number;
} {
  const open = segments.at(-1);
  if (open?.preload) return { msn: mediaSequence + segments.length - 1, part: open.parts?.length ?? 0 };
  return { msn: mediaSequence + segments.length, part: 0 };
}

/**
 * Whether what is known of the playlist is too old for a Playlist Delta Update to build on (§6.2.5.1): VHS asks for one
 * also after the computer slept, and then plays segments of which it knows nothing but that they are there. What was
 * asked for before it slept may come after it: fetched just now, and as old.
 */
function isTooOldForDelta(playlist: VhsPlaylist, { now, serverNow }: ReloadTimes): boolean {
  const { lastRequest, serverControl } = playlist;
  if (serverControl?.canSkipUntil === undefined) return false;
  const longest = secondsToMilliseconds(serverControl.canSkipUntil) / 2;
  const last = timedSegments(playlist).at(-1);
  const isFetchedLongAgo = lastRequest !== undefined && now - lastRequest > longest;
  return (
    isFetchedLongAgo ||
    (last !== undefined && serverNow - toMilliseconds(last.date + last.duration) > longest)
  );
}

/** In milliseconds since the Unix epoch: by the browser's clock, and by the server's. */
export interface ReloadTimes {
  readonly now: number;
  readonly serverNow: number;
}

/** The URI of a reload of `playlist`, corrected; other URIs and reloads that do not block are left alone. */
export function correctReload(uri: string, playlist: VhsPlaylist | undefined, times: ReloadTimes): string {
  if (playlist === undefined || !uri.includes('_HLS_')) return uri;
  const url = new URL(uri);
  if (isTooOldForDelta(playlist, times)) url.searchParams.delete('_HLS_skip');
  if (playlist.partTargetDuration === undefined || !url.searchParams.has('_HLS_msn')) return url.href;
  const { msn, part } = nextDirectives(playlist);
  url.searchParams.set('_HLS_msn', String(msn));
  url.searchParams.set('_HLS_part', String(part));
  return url.href;
}
