import { secondsToMilliseconds } from '../../src/clock.ts';
import type { VhsPlaylist } from './vhs-playlist.ts';

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
 * also after the computer slept, and then plays segments of which it knows nothing but that they are there.
 */
function isTooOldForDelta({ lastRequest, serverControl }: VhsPlaylist, now: number): boolean {
  const until = serverControl?.canSkipUntil;
  return (
    lastRequest !== undefined && until !== undefined && now - lastRequest > secondsToMilliseconds(until) / 2
  );
}

/** The URI of a reload of `playlist`, corrected; other URIs and reloads that do not block are left alone. */
export function correctReload(uri: string, playlist: VhsPlaylist | undefined, now = Date.now()): string {
  if (playlist === undefined || !uri.includes('_HLS_')) return uri;
  const url = new URL(uri);
  if (isTooOldForDelta(playlist, now)) url.searchParams.delete('_HLS_skip');
  if (playlist.partTargetDuration === undefined || !url.searchParams.has('_HLS_msn')) return url.href;
  const { msn, part } = nextDirectives(playlist);
  url.searchParams.set('_HLS_msn', String(msn));
  url.searchParams.set('_HLS_part', String(part));
  return url.href;
}
