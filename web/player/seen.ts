import type { EpochMicroseconds } from '../../src/clock.ts';
import { fromEpochMilliseconds } from '../../src/clock.ts';
import { aheadOf } from './follow.ts';
import { type MediaClock, readMediaClock } from './media-clock.ts';
import { timedSegments } from './vhs-playlist.ts';
import { runPlaces } from './vhs-runs.ts';
import type { VideoJsPlayer, VideoJsTech } from './video-js.ts';

/** What is seen of the <video> element and of VHS at an instant; player times in seconds. */
export interface Seen {
  /** The server's time. */
  readonly now: EpochMicroseconds;
  readonly clock: MediaClock;
  /** Where playback is, or where the handle is dragged to. */
  readonly time: number;
  readonly paused: boolean;
  readonly seeking: boolean;
  /** The viewer drags the handle. */
  readonly scrubbing: boolean;
  /** There is a frame to paint. */
  readonly hasFrame: boolean;
  /** How much media is buffered from here on. */
  readonly ahead: number;
  readonly playbackRate: number;
  /** Requests wait to be sent, again or at last. */
  readonly waits: boolean;
  /** The playlist, once there is one. */
  readonly list: { readonly endList: boolean; readonly parts: boolean } | undefined;
}

/** Before there is anything. */
export const nothingSeen: Seen = {
  ...{ now: 0, clock: [], time: 0, paused: true, seeking: false, scrubbing: false, hasFrame: false },
  ...{ ahead: 0, playbackRate: 1, waits: false, list: undefined },
};

/** What of it the player cannot say. */
export interface Sight {
  readonly now: EpochMicroseconds;
  readonly clock: MediaClock;
  /** What the element holds is of the source before: video.js takes a new one a moment after it was told to. */
  readonly stale: boolean;
  readonly waits: boolean;
}

/** Looks at the player. */
export function see(player: VideoJsPlayer, { now, clock, stale, waits }: Sight): Seen {
  const tech = player.tech(true);
  const { buffered, currentTime, playbackRate, readyState } = tech.el();
  const list = tech.vhs?.playlists?.media();
  const scrubbing = player.scrubbing();
  return {
    ...{ now, clock, scrubbing, playbackRate, waits },
    time: scrubbing ? player.getCache().currentTime : currentTime,
    paused: player.paused(),
    seeking: player.seeking(),
    hasFrame: !stale && readyState >= HTMLMediaElement.HAVE_CURRENT_DATA,
    ahead: aheadOf(buffered, currentTime),
    list: list && { endList: list.endList === true, parts: list.partTargetDuration !== undefined },
  };
}

/** Reads the clock of what plays now; empty as long as nothing has a place. */
export function readPlayerClock(tech: VideoJsTech): MediaClock {
  const { vhs } = tech;
  const read = readMediaClock(timedSegments(vhs?.playlists?.media()), runPlaces(vhs?.playlistController_));
  if (read.length > 0) return read;
  // Where the system plays HLS by itself it tells the date of its time zero.
  const start = (tech.el() as { getStartDate?: () => Date }).getStartDate?.().getTime() ?? Number.NaN;
  return Number.isNaN(start) ? [] : [{ date: fromEpochMilliseconds(start), duration: 0, time: 0 }];
}
