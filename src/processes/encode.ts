import { fromEpochMilliseconds, fromSeconds } from '../clock.ts';
import { createFramesPublisher } from '../detector/frames-channel.ts';
import { storeAgain } from '../detector/store-return.ts';
import { FfmpegEncoder } from '../encoder/ffmpeg-encoder.ts';
import { declaredBandwidth, keyFrameBandwidth, rateControl } from '../encoder/recipes.ts';
import type { Lease } from '../lease/lease.ts';
import { nominalRate, planCuts } from '../packager/cutter.ts';
import { openEpoch, promisesOf, removeOldEpochs } from '../packager/epoch.ts';
import { GuardedStorage } from '../packager/guarded-storage.ts';
import { Packager } from '../packager/packager.ts';
import { Publisher } from '../packager/publisher.ts';
import { type WritingRight, writingRight } from '../packager/writing-right.ts';
import { openSource } from '../source/open.ts';
import { drawSlate } from '../source/slate.ts';
import { openSocketInput } from '../source/socket-input.ts';
import type { OpenStorage } from '../storage/open.ts';
import type { Storage } from '../storage/storage.ts';
import type { Store } from '../store/store.ts';
import { openThumbnails } from '../thumbnails/open.ts';
import { aborted, type Child } from './child.ts';
import { reportEncoder } from './encoder-report.ts';
import { watchForFirstFrame } from './first-frame.ts';
import { inputSocket } from './input-socket.ts';
import { openProblemReport, type ProblemReport } from './problem-report.ts';
import { statsName } from './shares-store.ts';
import { reportStats } from './stats.ts';
import { logCounts, logEncoder, logEvent, logThumbnails, logTrouble, sourceLog } from './stream-log.ts';

/** What one term of encoding works with. */
export interface EncodeOptions {
  readonly store: Store;
  readonly media: OpenStorage;
  /** Keeps every other encoder of this name out. Not needed where none can share the store. */
  readonly lease?: Lease;
}

/**
 * One term as the active encoder: frames from the source through encoder and packager into storage and store,
 * until the process is told to stop or the lease is lost. Whatever the last one listed goes on.
 */
export async function encode(child: Child, options: EncodeOptions): Promise<void> {
  const { config, stopping, predecessor } = child;
  const { store, lease } = options;
  const signal = lease === undefined ? stopping : AbortSignal.any([stopping, lease.lost]);
  const problems = await openProblemReport(store, config.name, 'stream', predecessor);
  try {
    await encodeFrames(child, options, signal, problems);
  } catch (error) {
    if (!signal.aborted) await problems.report(error);
    throw error;
  } finally {
    problems.close();
  }
}

async function encodeFrames(
  { config, log, stopping, ready, crashed }: Child,
  options: EncodeOptions,
  signal: AbortSignal,
  problems: ProblemReport,
): Promise<void> {
  const { store, media, lease } = options;
  const { storage, right, waits = () => false } = guarded(options, stopping);
  const firstFrame = watchForFirstFrame(config, log, problems);
  const socket = config.source === '-' ? inputSocket() : undefined;
  const opening =
    socket === undefined
      ? openSource(config, { signal, log: sourceLog(log, problems) })
      : openSocketInput(socket, signal);
  const source = await opening.catch((error) => {
    firstFrame.came();
    throw error;
  });
  const frameRate = nominalRate(source.frameRate);
  const plan = planCuts(frameRate, config.part, config.segment);
  warnOfShortWindow(config, log);
  const now = fromEpochMilliseconds(Date.now());
  const promises = promisesOf(plan, fromSeconds(config.window));
  const opened = await storeAgain(store, signal, () => openEpoch(store, config.name, promises, now));
  if (opened === undefined) return;
  const { state, from } = opened;
  await removeOldEpochs(storage, state.stream);
  const publisher = new Publisher(store, state, logTrouble(log), right);
  await publisher.announce();
  const thumbnails = await openThumbnails(config, source, {
    ...{ store, storage, publisher },
    failed: logThumbnails(log),
  });
  const pictures = createFramesPublisher(store, config.name, { batch: 2 });
  const say = logEvent(log);
  const packager = new Packager({
    publisher,
    storage,
    encoder: new FfmpegEncoder(config, config.ffmpeg, logEncoder(log)),
    plan,
    from,
    frameRate,
    bandwidth: (shape) => declaredBandwidth(rateControl(config, shape), shape, config.segment),
    keyFrameBandwidth: (shape) => keyFrameBandwidth(rateControl(config, shape), shape, config.segment),
    stall: fromSeconds(config.stall),
    inputLoss: config.inputLoss ?? (source.live ? 'slate' : 'repeat'),
    slate: drawSlate,
    onFrame: ({ pts, date, discontinuity, frame }) => {
      const { width, height, data } = frame;
      firstFrame.came();
      problems.works();
      // Detectors must not see the pictures of two encoders.
      if (lease?.held !== false) pictures.offer({ pts, date, discontinuity, width, height, data });
      thumbnails?.offer({ pts, date, frame });
    },
    onEvent: (event) => {
      if (lease?.lost.aborted) return;
      say(event);
      if (event.type === 'encoder-failed') void problems.report(event.error);
    },
  });
  const lost = () => ({ skipped: source.skipped ?? 0, unseen: pictures.counts.dropped });
  const forgetLosses = media.onLoss(async (stored) => {
    const has = async (path: string) => waits(path) || stored(path);
    await Promise.all([packager.forgetLost(has), thumbnails?.forgetLost(has)]);
  });
  const stopCounting = logCounts(log, () => ({ ...packager.counts, ...lost() }));
  const stopStats = reportStats(store, statsName('stream', config), () => ({
    encoder_lag_seconds: packager.lag / 1000,
    frames_taken: packager.counts.taken,
    frames_held: packager.counts.repeated,
    frames_late: packager.counts.late,
    frames_skipped: lost().skipped,
    frames_unseen: lost().unseen,
    ...(thumbnails && {
      thumbnails_made: thumbnails.counts.made,
      thumbnails_skipped: thumbnails.counts.skipped,
    }),
  }));
  const stopReporting = reportEncoder(store, config.name, () => packager.counts.taken);
  const { name, epoch } = state.stream;
  const { width, height } = source;
  log.info(
    { stream: name, epoch, width, height, frameRate, part: plan.partDuration / 1e6, from: state.nextMsn },
    'streaming',
  );
  ready({ stream: name, epoch });
  try {
    await Promise.race([packager.package(source.frames(), () => !signal.aborted), crashed]);
    if (!signal.aborted) {
      firstFrame.came();
      log.info('the source has ended; what was streamed stays seekable');
      await pictures.end();
      await aborted(signal);
    }
  } finally {
    firstFrame.came();
    forgetLosses();
    stopCounting();
    stopStats();
    await stopReporting();
    await thumbnails?.close();
    await publisher.close();
  }
}

/** Players begin three target durations from the end of the list, and those behind need what lies before it. */
function warnOfShortWindow({ window, segment }: Child['config'], log: Child['log']): void {
  const least = 6 * segment;
  if (window >= least) return;
  log.warn(
    { window, segment },
    `--window ${window} lists fewer than six segments of ${segment} s: players that fall behind find nothing to go on with; give ${least} or more`,
  );
}

/** Storage that heeds the lease, and the right to tell of what is in it; the storage itself where there is none. */
function guarded(
  { media: { storage }, lease }: EncodeOptions,
  signal: AbortSignal,
): {
  readonly storage: Storage;
  readonly right?: WritingRight;
  /** Whether an object waits for the lease to be certain. */
  readonly waits?: (path: string) => boolean;
} {
  if (lease === undefined) return { storage };
  const guard = new GuardedStorage({ storage, lease, signal });
  return { storage: guard, right: writingRight(lease, guard), waits: (path) => guard.holds(path) };
}
