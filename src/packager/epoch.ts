import { randomBytes } from 'node:crypto';
import { type Anchor, type EpochMicroseconds, type Microseconds, TIMESCALE } from '../clock.ts';
import { markerFold } from '../hls/marker-checkpoint.ts';
import { markerLogName } from '../hls/marker-log.ts';
import {
  applyPartEntry,
  applyPlaylistEntry,
  emptyMediaState,
  listedOpenParts,
  type MediaState,
  newestSegment,
  type PartEntry,
  type PlaylistEntry,
  partsLogName,
  playlistLogName,
  type SegmentEntry,
} from '../hls/playlist-log.ts';
import { STREAMS_LOG, type StreamEntry, streamFromLog } from '../hls/stream-log.ts';
import { CheckpointedFold } from '../store/log/checkpoint.ts';
import { readAll } from '../store/log/read-all.ts';
import type { Store } from '../store/store.ts';
import { elapsedSince } from './elapsed.ts';
import type { SegmentPlan } from './segment-planner.ts';

/** What the Media Playlist promises for the life of an epoch. */
export type PlaylistParameters = Omit<StreamEntry, 'name' | 'epoch' | 'startedAt' | 'renewedAt'>;

/**
 * The parameters that a plan leads to (rfc8216bis §4.4.3.8): PART-HOLD-BACK three times the part target, and
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
  /** What the stream's own clock goes on from if nothing is listed yet: where the epoch before ended. */
  readonly from?: Anchor | undefined;
}

/**
 * The epoch to go on with: the one the store knows, if its parameters are ours and it has not ended; else a
 * new one. A life of the media sequence survives the whole system that way; its window may be another than before.
 * @param goneOn what this process itself has listed so far, which the store may not know yet
 */
export async function openEpoch(
  store: Store,
  name: string,
  parameters: PlaylistParameters,
  startedAt: EpochMicroseconds,
  goneOn?: MediaState,
): Promise<OpenedEpoch> {
  const before = goneOn ?? (await readLast(store, name));
  if (before !== undefined && !before.ended && sameParameters(before.stream, parameters)) {
    renewWindow(before, parameters.window, startedAt);
    return { state: before, from: await lastEnd(store, name, before) };
  }
  const from = await lastEnd(store, name, before);
  // Letters first, so that no folder of an epoch can be taken for a number or an option.
  const epoch = `e${randomBytes(5).toString('hex')}`;
  return { state: emptyMediaState({ name, epoch, startedAt, ...parameters }), from };
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
    parts: parts.map(({ duration, independent, bytes, keyFrame, frames }) => ({
      ...{ duration, independent, bytes },
      ...(keyFrame !== undefined && { keyFrame }),
      ...(frames && { frames }),
    })),
  };
}

/** Has an epoch list another window from now on. */
export function renewWindow(state: MediaState, window: Microseconds, now: EpochMicroseconds): void {
  if (state.stream.window !== window) state.stream = { ...state.stream, window, renewedAt: now };
}

/** A date that is this much before what is listed is no jitter: the clock was set back. */
const SET_BACK: Microseconds = 2 * TIMESCALE;

/**
 * Where a new run begins: PTS goes on with the calendar, so that the time between two markers is real also
 * across a break, and never goes back; the date is that of the clock, also where that was set back.
 * @param from what it goes on from if no segment is listed; undefined for the first run of all
 * @param shown behind the newest picture that was shown to detectors, of which nothing may be listed: what they said of it
 * is not to lie on a frame of this run
 * @param step by how much the clock is known to have been set since: no time has gone by for that
 * @param kept dates at which what is kept beyond the list ends
 */
export function nextAnchor(
  state: MediaState,
  from: Anchor | undefined,
  capturedAt: EpochMicroseconds,
  step: Microseconds = 0,
  shown?: Anchor,
  kept: readonly EpochMicroseconds[] = [],
): Anchor {
  const last = newestSegment(state);
  const listed =
    last === undefined ? from : { pts: last.pts + last.duration, date: last.date + last.duration };
  const end = shown !== undefined && shown.pts > (listed?.pts ?? -1) ? shown : listed;
  if (end === undefined) return { pts: 0, date: capturedAt };
  const unset = capturedAt - step;
  if (unset < end.date - SET_BACK) return { pts: end.pts, date: capturedAt };
  const date = Math.max(unset, end.date);
  return { pts: end.pts + elapsedSince(end.date, date, state, kept), date: date + step };
}

/** Where what is listed ends; undefined for nothing. */
export function lastAnchor(state: MediaState): Anchor | undefined {
  const last = listedOpenParts(state).at(-1) ?? newestSegment(state);
  return last && { pts: last.pts + last.duration, date: last.date + last.duration };
}

/**
 * Where the stream ended, in whichever epoch that was. Where nobody knows of any media, behind the newest marker: none is
 * ever to lie on another frame than its own.
 */
async function lastEnd(
  store: Store,
  name: string,
  before: MediaState | undefined,
): Promise<Anchor | undefined> {
  const known = before && lastAnchor(before);
  if (known !== undefined) return known;
  for (const epoch of (await readEpochs(store, name)).reverse()) {
    const end = lastAnchor(await readEpoch(store, epoch));
    if (end !== undefined) return end;
  }
  const fold = new CheckpointedFold(markerFold);
  for (const entry of await readAll(store, markerLogName(name))) fold.take(entry);
  const { order, markers, longest } = fold.state;
  const last = markers.get(order.at(-1) ?? '');
  const after = longest + TIMESCALE;
  return last && { pts: last.pts + after, date: last.date + after };
}

/** What the store knows of the newest epoch of a stream; undefined if there is none. */
export async function readLast(store: Store, name: string): Promise<MediaState | undefined> {
  const known = (await readEpochs(store, name)).at(-1);
  return known && readEpoch(store, known);
}

/** The epochs of a stream that the store knows, oldest first, each as it was announced last. */
export async function readEpochs(store: Store, name: string): Promise<StreamEntry[]> {
  const announced = (await readAll(store, STREAMS_LOG)).map(({ value }) => streamFromLog(value));
  const epochs = new Map<string, StreamEntry>();
  for (const entry of announced) if (entry.name === name) epochs.set(entry.epoch, entry);
  return [...epochs.values()];
}

/** Whether an epoch can be gone on with: of what it parameters only the window may change (rfc8216bis §6.2.1). */
export function sameParameters(
  known: StreamEntry,
  { window: _, ...parameters }: PlaylistParameters,
): boolean {
  return (Object.keys(parameters) as (keyof typeof parameters)[]).every(
    (key) => known[key] === parameters[key],
  );
}

/** What the store knows of an epoch. */
export async function readEpoch(store: Store, stream: StreamEntry): Promise<MediaState> {
  const state = emptyMediaState(stream);
  const { name, epoch } = stream;
  for (const { value } of await readAll(store, playlistLogName(name, epoch)))
    applyPlaylistEntry(state, value as PlaylistEntry);
  for (const { value } of await readAll(store, partsLogName(name, epoch)))
    applyPartEntry(state, value as PartEntry);
  return state;
}
