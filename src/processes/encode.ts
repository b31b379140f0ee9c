import {
  fromMilliseconds,
  fromSeconds,
  type Milliseconds,
  millisecondsToSeconds,
  secondsToMilliseconds,
  systemDate,
  toSeconds,
  within,
} from '../clock.ts';
import type { PictureServer } from '../frames/picture-server.ts';
import { presentFiller } from '../hls/filler-ranges.ts';
import type { MediaState } from '../hls/playlist-log.ts';
import type { Lease } from '../lease/lease.ts';
import { PendingWrites } from '../lease/pending-writes.ts';
import { openEpoch, playlistParameters, readLast, renewWindow, sameParameters } from '../packager/epoch.ts';
import { lastShown } from '../packager/last-shown.ts';
import { MarkerWindow } from '../packager/marker-window.ts';
import { Retention } from '../packager/retention.ts';
import type { RetentionRules } from '../packager/retention-options.ts';
import { nominalRate, planSegments } from '../packager/segment-planner.ts';
import { isLive } from '../source/input-kind.ts';
import { lastPicture } from '../source/last-picture.ts';
import type { OpenOptions } from '../source/open.ts';
import { systemClock } from '../source/pacer.ts';
import type { Source } from '../source/source.ts';
import type { OpenStorage } from '../storage/storage.ts';
import type { Store } from '../store/store.ts';
import { storeAgain } from '../store/store-return.ts';
import { watchForFirstFrame } from './first-frame.ts';
import type { Host } from './host.ts';
import { OpeningSource } from './opening-source.ts';
import { type Packaged, type PackageSettings, type Places, packageFrames } from './package-frames.ts';
import { openProblemReport } from './problem-report.ts';
import { logEarlier, logEvent, logFull, logMarkers, sourceLog } from './stream-log.ts';

/** No source is held off for longer, in milliseconds, whatever became of the clock. */
const LONGEST_HOLD = 10_000;

/** What the settings say of a stream and its encoding; times in seconds. */
export interface EncodeSettings extends PackageSettings {
  /** As given, by which it is called until it is open. */
  readonly source: string;
  /** Length of a Partial Segment. */
  readonly part: number;
  /** How far back viewers can seek. */
  readonly window: number;
  /** How long what leaves the list is kept. @default not at all */
  readonly retention?: RetentionRules;
  /** How long media stays of which the store knows nothing any more, in milliseconds. @default not at all */
  readonly expiry?: Milliseconds;
  /** What is listed while the source is silent. @default slate for a live source, else repeat */
  readonly inputLoss?: Packaged['inputLoss'] | undefined;
}

/** What one term of encoding works with. */
export interface EncodeOptions {
  readonly settings: EncodeSettings;
  /** Opens the source, once in a term. */
  readonly openSource: (options: Required<Pick<OpenOptions, 'signal' | 'log'>>) => Promise<Source>;
  /** How it is called in `/metrics`. */
  readonly statsName: string;
  readonly store: Store;
  readonly media: OpenStorage;
  /** Takes the pictures for detectors that want larger ones than the store carries. */
  readonly pictures?: PictureServer | undefined;
  /** Keeps every other encoder of this name out. Not needed where none can share the store. */
  readonly lease?: Lease | undefined;
  /** What compresses. @default ffmpeg, as the settings say */
  readonly encoder?: Places['encoder'];
}

/**
 * One term as the active encoder: frames from the source through encoder and packager into storage and store,
 * until the process is told to stop or the lease is lost. Whatever the last one listed goes on.
 */
export async function encode(host: Host, options: EncodeOptions): Promise<void> {
  const { stopping, predecessor } = host;
  const { settings, store, lease } = options;
  const signal = lease === undefined ? stopping : AbortSignal.any([stopping, lease.lost]);
  const problems = await openProblemReport(store, settings.name, 'stream', predecessor);
  const markers = new MarkerWindow({
    ...{ store, stream: settings.name, fence: lease && (() => lease.fence) },
    failed: logMarkers(host.log),
  });
  try {
    await encodeFrames(host, options, { signal, problems, markers });
  } catch (error) {
    // Told to leave before the source was opened.
    if (signal.aborted && error === signal.reason) return;
    if (!signal.aborted) await problems.report(error);
    throw error;
  } finally {
    markers.close();
    problems.close();
  }
}

async function encodeFrames(
  host: Host,
  options: EncodeOptions,
  term: Pick<Places, 'signal' | 'problems' | 'markers'>,
): Promise<void> {
  const { log, predecessor, stopping } = host;
  const { settings, store, media, lease } = options;
  const { signal, problems } = term;
  const storage = new PendingWrites({ media, lease, signal: stopping });
  const heldOff = Math.min(LONGEST_HOLD, Math.max(0, (predecessor?.sourceAt ?? 0) - Date.now()));
  const { came } = watchForFirstFrame(settings, log, problems, heldOff);
  try {
    const retention = new Retention({
      ...{ store, storage, stream: settings.name, fence: lease && (() => lease.fence) },
      rules: settings.retention ?? {},
      keepFor: settings.expiry,
      // Where leases decide, a folder's lock says nothing.
      space: media.usage && { directory: media.usage, others: lease === undefined, full: logFull(log) },
      ...logEarlier(log),
    });
    const places = { host, ...options, storage, retention, ...term };
    const input = new OpeningSource(
      systemClock.sleep(fromMilliseconds(heldOff), signal).then(() => {
        signal.throwIfAborted();
        return options.openSource({ signal, log: sourceLog(log, problems) });
      }),
    );
    const goneOn = await fillUntil(input, places, settings, came, heldOff);
    const source = await input.source;
    const frameRate = nominalRate(source.frameRate);
    const plan = planSegments(frameRate, settings.part, settings.segment);
    warnOfShortWindow(settings, log);
    const parameters = playlistParameters(plan, fromSeconds(settings.window));
    const now = systemDate();
    const opened = await storeAgain(store, signal, () =>
      openEpoch(store, settings.name, parameters, now, goneOn),
    );
    if (opened === undefined) return;
    const { stream, nextMsn: from } = opened.state;
    await storeAgain(store, signal, () => retention.find(stream.epoch));
    const { width, height, live } = source;
    const part = toSeconds(plan.partDuration);
    log.info({ stream: stream.name, epoch: stream.epoch, width, height, frameRate, part, from }, 'streaming');
    const inputLoss = inputLossOf(settings, live);
    await packageFrames(places, {
      ...{ ...opened, source, frames: input.frames(), plan, frameRate, inputLoss, came },
    });
  } finally {
    came();
    await storage.close();
  }
}

/**
 * A playlist that has media in it does not wait for its source: where the first frame is not there in a moment, filler
 * is listed until it is. Returns what is listed then; undefined if nothing was to be done.
 */
async function fillUntil(
  input: OpeningSource,
  places: Places,
  settings: EncodeSettings,
  came: () => void,
  heldOff: number,
): Promise<MediaState | undefined> {
  const { host, store, storage, signal } = places;
  const inputLoss = inputLossOf(settings, isLive(settings.source));
  if (inputLoss === 'pause') return undefined;
  const state = await storeAgain(store, signal, () => readLast(store, settings.name));
  if (state?.init === undefined || state.segments.length === 0 || state.ended) return undefined;
  // Listed within 1.5 target durations (rfc8216bis §6.2.1), the time included that it took to get here.
  const timeout = presentFiller(state) || heldOff > 0 ? 0 : Math.min(settings.stall, settings.segment / 2);
  if ((await within(input.firstFrame, secondsToMilliseconds(timeout))) !== 'late') return undefined;
  const { frameRate } = state.init;
  const plan = planSegments(frameRate, settings.part, settings.segment);
  // With other settings it cannot be gone on with.
  const parameters = playlistParameters(plan, fromSeconds(settings.window));
  if (!sameParameters(state.stream, parameters)) return undefined;
  renewWindow(state, parameters.window, systemDate());
  await storeAgain(store, signal, () => places.retention.find(state.stream.epoch));
  const silentSince = await lastShown(state, storage, (media) => lastPicture(settings.ffmpeg, media));
  const began = performance.now();
  await packageFrames(places, {
    ...{ state, frames: input.noFrames(signal), plan, frameRate, inputLoss, silentSince, came },
  });
  const seconds = toSeconds(silentSince.ago) + millisecondsToSeconds(performance.now() - began);
  if (!signal.aborted) logEvent(host.log)({ type: 'back', seconds });
  return state;
}

/** What is listed while the source is silent, where the settings leave it open: of what is live a slate. */
function inputLossOf({ inputLoss }: EncodeSettings, live: boolean): NonNullable<EncodeSettings['inputLoss']> {
  return inputLoss ?? (live ? 'slate' : 'repeat');
}

/** Players begin three target durations from the end of the list, and those behind need what lies before it. */
function warnOfShortWindow({ window, segment }: EncodeSettings, log: Host['log']): void {
  const least = 6 * segment;
  if (window >= least) return;
  log.warn(
    { window, segment },
    `--window ${window} lists fewer than six segments of ${segment} s: players that fall behind find nothing to go on with; give ${least} or more`,
  );
}
