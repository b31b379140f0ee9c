import { randomBytes } from 'node:crypto';
import { type Anchor, dateOf, type EpochMicroseconds, type Microseconds } from '../clock.ts';
import {
  applyPartEntry,
  applyPlaylistEntry,
  emptyMediaState,
  liveEdge,
  type MediaState,
  type PartEntry,
  type PlaylistEntry,
  partsLogName,
  playlistLogName,
  type SegmentEntry,
} from '../hls/playlist-log.ts';
import { STREAMS_LOG, type StreamEntry, streamFromLog } from '../hls/stream-log.ts';
import type { Storage } from '../storage/storage.ts';
import { readAll } from '../store/log/read-all.ts';
import type { Store } from '../store/store.ts';
import type { SegmentPlan } from './segment-planner.ts';

/** What the Media Playlist promises for the life of an epoch. */
export type PlaylistParameters = Omit<StreamEntry, 'name' | 'epoch' | 'startedAt'>;

/**
 * The promises that a plan leads to (rfc8216bis §4.4.3.8): PART-HOLD-BACK three times the part target, and
 * HOLD-BACK three times the target duration.
 */
export function playlistParameters(plan: SegmentPlan, window: Microseconds): PlaylistParameters {
  return {
    targetDuration: plan.targetDuration,
    partTarget: plan.partTarget,
    partHoldBack: 3 * plan.partTarget,
    holdBack: 3 * plan.targetDuration,
    window,
  };
}

/** An epoch to stream into. */
export interface OpenedEpoch {
  readonly state: MediaState;
  /** Where PTS begin if nothing is listed yet: the stream's own clock goes on from epoch to epoch. */
  readonly from: Microseconds;
}

/**
 * The epoch to go on with: the one the store knows, if its promises are ours and it has not ended; else a
 * new one. A life of the media sequence survives the stream child that way.
 * @param goneOn what this process itself has listed so far, which the store may not know yet
 */
export async function openEpoch(
  store: Store,
  name: string,
  promises: PlaylistParameters,
  startedAt: EpochMicroseconds,
  goneOn?: MediaState,
): Promise<OpenedEpoch> {
  const before = goneOn ?? (await readLast(store, name));
  const from = (before && liveEdge(before)) ?? 0;
  if (before !== undefined && !before.ended && sameParameters(before.stream, promises))
    return { state: before, from };
  // Letters first, so that no folder of an epoch can be taken for a number or an option.
  const epoch = `e${randomBytes(5).toString('hex')}`;
  return { state: emptyMediaState({ name, epoch, startedAt, ...promises }), from };
}

/**
 * The segment that these parts make together; undefined for no parts.
 * @param endsRun it is the last of its run
 */
export function closeSegment(parts: readonly PartEntry[], endsRun: boolean): SegmentEntry | undefined {
  const first = parts[0];
  if (first === undefined) return undefined;
  const { msn, run, pts, date, discontinuity, discontinuitySequence, filler } = first;
  return {
    type: 'segment',
    ...{ msn, run, pts, date, discontinuity, discontinuitySequence },
    ...(filler && { filler }),
    ...(endsRun && { endsRun }),
    duration: parts.reduce((sum, part) => sum + part.duration, 0),
    bytes: parts.reduce((sum, part) => sum + part.bytes, 0),
    parts: parts.map(({ duration, independent, bytes, keyFrame }) => ({
      ...{ duration, independent, bytes },
      ...(keyFrame !== undefined && { keyFrame }),
    })),
  };
}

/**
 * Where a new run begins: PTS goes on with the calendar, so that the time between two markers is real also
 * across a break, but neither PTS nor date ever goes back.
 * @param from where PTS begin if nothing is listed yet
 */
export function nextAnchor(state: MediaState, from: Microseconds, capturedAt: EpochMicroseconds): Anchor {
  const last = state.segments.at(-1);
  if (last === undefined) return { pts: from, date: capturedAt };
  const end = last.pts + last.duration;
  const date = Math.max(capturedAt, dateOf({ pts: last.pts, date: last.date }, end));
  const pts = end + (date - (last.date + last.duration));
  return { pts, date };
}

/** How the folder of an epoch is called: nothing else is ever removed. */
const EPOCH_FOLDER = /^e[0-9a-f]{10}$/;

/** Removes the media of this stream's earlier epochs: no URL leads to them any more. Rejects with STORAGE_FAILED. */
export async function removeOldEpochs(storage: Storage, { name, epoch }: StreamEntry): Promise<void> {
  for (const folder of await storage.folders(name)) {
    if (folder !== epoch && EPOCH_FOLDER.test(folder)) await storage.removeFolder(`${name}/${folder}`);
  }
}

/** What the store knows of the newest epoch of a stream; undefined if there is none. */
export async function readLast(store: Store, name: string): Promise<MediaState | undefined> {
  const known = await lastEpoch(store, name);
  return known && readState(store, known);
}

async function lastEpoch(store: Store, name: string): Promise<StreamEntry | undefined> {
  const entries = await readAll(store, STREAMS_LOG);
  return entries.map(({ value }) => streamFromLog(value)).findLast((entry) => entry.name === name);
}

/** Whether an epoch with one set of promises can be gone on with under another. */
export function sameParameters(known: StreamEntry, promises: PlaylistParameters): boolean {
  return (Object.keys(promises) as (keyof PlaylistParameters)[]).every((key) => known[key] === promises[key]);
}

async function readState(store: Store, stream: StreamEntry): Promise<MediaState> {
  const state = emptyMediaState(stream);
  const { name, epoch } = stream;
  for (const { value } of await readAll(store, playlistLogName(name, epoch)))
    applyPlaylistEntry(state, value as PlaylistEntry);
  for (const { value } of await readAll(store, partsLogName(name, epoch)))
    applyPartEntry(state, value as PartEntry);
  return state;
}
