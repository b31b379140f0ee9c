import {
  fromEpochMilliseconds,
  fromSeconds,
  type Microseconds,
  toEpochSeconds,
  toSeconds,
} from '../../src/clock.ts';
import { aheadOf } from './follow.ts';
import { type RunPlace, type RunPlaces, readMediaClock } from './media-clock.ts';
import { noteLoaded, type PtsOffset, ptsAt } from './media-pts.ts';
import { timedSegments, type VhsPart, type VhsPlaylist, type VhsSegment } from './vhs-playlist.ts';

/**
 * Keeps every run of the encoder where it was first put on the player's timeline.
 *
 * VHS 3.17 guesses that place anew each time it comes to a run: after what is buffered last, or where the durations
 * of the playlist add up to. So frames of one run land at two places, and what VHS noted of segments disagrees. And
 * when all that it knew has left the playlist (the computer slept, a pause outlasted the window) it takes the oldest
 * segment for what belongs where playback stands, and never loads what it is sent to. Here it is told where segments
 * are, from the dates of the playlist and the runs that have a place: it and the page then have one clock.
 */

/** What VHS knows and does of times, private to it; seconds of player time. */
export interface VhsTiming {
  readonly syncController_: VhsSyncController;
  readonly mainSegmentLoader_?: VhsSegmentLoader;
}

/** A segment on its way into the buffer. */
interface VhsSegmentInfo {
  readonly timeline: number;
  readonly segment: VhsSegment & { readonly syncInfo?: VhsSyncInfo };
  readonly part?: (VhsPart & { readonly syncInfo?: VhsSyncInfo }) | null;
  /** Times as they stand in the media. */
  readonly timingInfo?: { readonly start?: number };
  startOfSegment: number | null;
  timestampOffset: number | null;
  readonly changedTimestampOffset?: boolean;
}

/** Where VHS takes a segment, or a part, to be. */
interface VhsSyncInfo {
  start_: number;
  end_: number;
}

interface VhsSegmentLoader {
  buffered_(): Pick<TimeRanges, 'length' | 'start' | 'end'>;
  updateSourceBufferTimestampOffset_(info: VhsSegmentInfo): void;
}

interface VhsSyncController {
  readonly mediaSequenceStorage_: { readonly main: VhsStorage; readonly audio: VhsStorage };
  readonly timelineToDatetimeMappings: Record<number, number>;
  mappingForTimeline(timeline: number): number | null;
  saveSegmentTimingInfo(of: { segmentInfo: VhsSegmentInfo; shouldSaveTimelineMapping: boolean }): void;
}

interface VhsStorage {
  start_: number;
  end_: number;
  update(playlist: VhsPlaylist, currentTime: number): void;
}

/** A run begins at the end of what is buffered if that is as near as this to where it belongs, in seconds. */
const NEAR = 0.1;

/** Of each source. */
const placesOf = new WeakMap<VhsTiming, RunPlaces>();
const offsetsOf = new WeakMap<VhsTiming, readonly PtsOffset[]>();

/** The PTS of the frame that a source shows at a player time, in seconds; undefined where that is not known. */
export function ptsOfFrame(controller: VhsTiming | undefined, mediaTime: number): Microseconds | undefined {
  return ptsAt((controller && offsetsOf.get(controller)) ?? [], mediaTime);
}

/** Where the runs of a source lie, as far as they have a place by now. */
export function runPlaces(controller: VhsTiming | undefined): RunPlaces | undefined {
  return controller && placesOf.get(controller);
}

/** Takes care of one source, from before its first playlist on. */
export function keepRunsInPlace(controller: VhsTiming): void {
  const { syncController_: sync, mainSegmentLoader_: loader } = controller;
  const places = new Map<number, RunPlace>();
  placesOf.set(controller, places);
  offsetsOf.set(controller, []);
  const playlists = new Map<VhsStorage, VhsPlaylist>();

  for (const storage of [sync.mediaSequenceStorage_.main, sync.mediaSequenceStorage_.audio]) {
    const update = storage.update.bind(storage);
    storage.update = (playlist, currentTime) => {
      update(playlist, currentTime);
      playlists.set(storage, playlist);
      arrange(storage, playlist);
    };
  }

  const save = sync.saveSegmentTimingInfo.bind(sync);
  sync.saveSegmentTimingInfo = (of) => {
    save(of);
    const { timeline, segment, part, timingInfo } = of.segmentInfo;
    const mapping = sync.mappingForTimeline(timeline);
    const begun = segment.dateTimeObject;
    if (of.shouldSaveTimelineMapping && mapping !== null && timingInfo?.start !== undefined) {
      const loaded = { run: timeline, pts: timingInfo.start, offset: mapping };
      offsetsOf.set(controller, noteLoaded(offsetsOf.get(controller) ?? [], loaded));
    }
    if (!of.shouldSaveTimelineMapping || begun === undefined) return;
    if (!places.has(timeline) && mapping !== null && timingInfo?.start !== undefined) {
      const into = part ? (segment.parts ?? []).slice(0, segment.parts?.indexOf(part)) : [];
      const before = into.reduce((sum, { duration }) => sum + duration, 0);
      const date = fromEpochMilliseconds(begun.getTime()) + fromSeconds(before);
      places.set(timeline, { date, time: timingInfo.start + mapping });
    }
    for (const [storage, playlist] of playlists) arrange(storage, playlist);
  };

  if (loader !== undefined) {
    const put = loader.updateSourceBufferTimestampOffset_.bind(loader);
    loader.updateSourceBufferTimestampOffset_ = (info) => {
      const start = info.timingInfo?.start;
      if (info.timestampOffset !== null && !info.changedTimestampOffset && start !== undefined) {
        const mapping = sync.mappingForTimeline(info.timeline);
        info.timestampOffset = mapping === null ? placeOf(info, info.timestampOffset) : mapping + start;
        info.startOfSegment = info.timestampOffset;
      }
      put(info);
    };
  }

  /** Where a run whose first segment comes has to begin. */
  function placeOf({ segment, part }: VhsSegmentInfo, guess: number): number {
    const place = (part ?? segment).syncInfo?.start_ ?? guess;
    const buffered = loader?.buffered_();
    if (buffered === undefined) return place;
    const ahead = aheadOf(buffered, place - NEAR);
    return ahead > 0 && ahead <= 2 * NEAR ? place - NEAR + ahead : place;
  }

  /** Tells VHS where the segments of a playlist are; nothing as long as nothing has a place. */
  function arrange(storage: VhsStorage, playlist: VhsPlaylist): void {
    const segments: readonly VhsSegmentInfo['segment'][] = playlist.segments ?? [];
    const clock = readMediaClock(timedSegments(playlist), places);
    if (clock.length !== segments.length) return;
    for (const [at, { date, time, duration }] of clock.entries()) {
      const { syncInfo, parts = [], timeline, ...segment } = segments[at] as VhsSegmentInfo['segment'];
      const end = clock[at + 1]?.time ?? time + Math.max(segment.duration ?? 0, toSeconds(duration));
      set(syncInfo, time, end);
      let next = time;
      for (const [index, part] of (parts as readonly NonNullable<VhsSegmentInfo['part']>[]).entries()) {
        const isLast = index === parts.length - 1 && segment.preload !== true;
        set(part.syncInfo, next, isLast ? end : next + part.duration);
        next += part.duration;
      }
      if (at === 0) storage.start_ = time;
      storage.end_ = end;
      if (timeline !== undefined) sync.timelineToDatetimeMappings[timeline] = time - toEpochSeconds(date);
    }
  }
}

function set(info: VhsSyncInfo | undefined, start: number, end: number): void {
  if (info === undefined) return;
  info.start_ = start;
  info.end_ = end;
}
