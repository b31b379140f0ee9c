import { fromEpochMilliseconds } from '../../src/clock.ts';
import { type MediaClock, readMediaClock } from './media-clock.ts';
import { timedSegments } from './vhs-playlist.ts';
import { runPlaces } from './vhs-runs.ts';
import type { VideoJsTech } from './video-js.ts';

/** Reads the clock of what plays now; empty as long as nothing has a place. */
export function readPlayerClock(tech: VideoJsTech): MediaClock {
  const { vhs } = tech;
  const read = readMediaClock(timedSegments(vhs?.playlists?.media()), runPlaces(vhs?.playlistController_));
  if (read.length > 0) return read;
  // Where the system plays HLS by itself it tells the date of its time zero.
  const start = (tech.el() as { getStartDate?: () => Date }).getStartDate?.().getTime() ?? Number.NaN;
  return Number.isNaN(start) ? [] : [{ date: fromEpochMilliseconds(start), duration: 0, time: 0 }];
}
