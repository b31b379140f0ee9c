import { toSeconds } from '../../clock.ts';
import { HlsStreamError } from '../../errors.ts';
import type { LiveMedia } from '../live/live-media.ts';

/** MIME type of playlists (RFC 8216 §4). */
export const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl';

/** Cache-Control of a playlist as it stands: half a target duration (rfc8216bis §6.2.1), at least a second. */
export function plainCaching(media: LiveMedia): string {
  return `max-age=${Math.max(1, Math.floor(toSeconds(media.stream.targetDuration / 2)))}`;
}

/** There is no such stream. */
export function noStream(name: string): HlsStreamError {
  return new HlsStreamError('NOT_FOUND', `there is no stream ${name}`);
}

/** Another epoch has taken this one's place, or it never was. */
export function replaced(name: string, epoch: string): HlsStreamError {
  return new HlsStreamError(
    'NOT_FOUND',
    `stream ${name} has no epoch ${epoch} now; fetch /video/${name}.m3u8 again`,
  );
}

/** The stream has begun, but nothing of it is whole. */
export function notReady(name: string): HlsStreamError {
  return new HlsStreamError('NOT_READY', `stream ${name} has nothing to play yet; try again in a moment`);
}
