import { fromSeconds, millisecondsToSeconds } from '../clock.ts';
import type { Frame } from '../container/frame.ts';
import type { Encoder } from '../encoder/encoder.ts';
import { FfmpegEncoder } from '../encoder/ffmpeg-encoder.ts';
import {
  declaredBandwidth,
  type EncoderSettings,
  keyFrameBandwidth,
  rateControl,
} from '../encoder/recipes.ts';
import { createFramesPublisher } from '../frames/frames-channel.ts';
import { channelWidth } from '../frames/picture.ts';
import type { PictureServer } from '../frames/picture-server.ts';
import { liveEdge } from '../hls/live-edge.ts';
import { bootId } from '../lease/holder.ts';
import type { Lease } from '../lease/lease.ts';
import type { PendingWrites } from '../lease/pending-writes.ts';
import { DiskRoom } from '../packager/disk-room.ts';
import type { OpenedEpoch } from '../packager/epoch.ts';
import type { MarkerWindow } from '../packager/marker-window.ts';
import { NumberBlock } from '../packager/number-block.ts';
import { Packager } from '../packager/packager.ts';
import type { PackagerOptions } from '../packager/packager-options.ts';
import { Publisher } from '../packager/publisher.ts';
import type { Retention } from '../packager/retention.ts';
import { isFull } from '../packager/retention-queue.ts';
import { mostKeyFrames, type SegmentPlan } from '../packager/segment-planner.ts';
import { aborted } from '../source/aborted.ts';
import { drawSlate } from '../source/slate.ts';
import type { Source } from '../source/source.ts';
import type { OpenStorage } from '../storage/storage.ts';
import type { Store } from '../store/store.ts';
import { storeAgain } from '../store/store-return.ts';
import { openThumbnails, type ThumbnailSettings } from '../thumbnails/open.ts';
import { reportEncoder } from './encoder-report.ts';
import { openFrameMarkers } from './frame-markers.ts';
import type { Host } from './host.ts';
import type { ProblemReport } from './problem-report.ts';
import { reportStats } from './stats.ts';
import { logRoom, lookForRoom, storageFigures } from './storage-watch.ts';
import { logCounts, logEncoder, logEvent, logThumbnails, logTrouble } from './stream-log.ts';
import { objectsFigures, openStreamObjects } from './stream-objects.ts';
import { takeStock } from './take-stock.ts';

/** What the settings say of how frames are encoded and packaged; times in seconds. */
export interface PackageSettings extends EncoderSettings, ThumbnailSettings {
  /** Of the stream. */
  readonly name: string;
  /** Length of a Media Segment. */
  readonly segment: number;
  /** The shortest silence of the source that counts. */
  readonly stall: number;
  /** How much of the disk stays free, in bytes. */
  readonly diskReserve?: number | undefined;
  /** The ffmpeg program. */
  readonly ffmpeg: string;
  /** How wide the pictures are that detectors want, in pixels. @default 160 */
  readonly detectorWidth?: number;
}

/** What frames are packaged with. */
export interface Places {
  readonly host: Host;
  readonly settings: PackageSettings;
  /** How it is called in `/metrics`. */
  readonly statsName: string;
  readonly store: Store;
  readonly media: OpenStorage;
  /** Takes the pictures for detectors that want larger ones than the store carries. */
  readonly pictures?: PictureServer | undefined;
  /** What is written to it, under the lease. */
  readonly storage: PendingWrites;
  readonly lease?: Lease | undefined;
  /** What compresses. @default ffmpeg, as the settings say */
  readonly encoder?: Encoder | undefined;
  readonly markers: MarkerWindow;
  readonly retention: Retention;
  /** Ends it. */
  readonly signal: AbortSignal;
  readonly problems: ProblemReport;
}

/** What is packaged. */
export interface Packaged extends OpenedEpoch, Pick<PackagerOptions, 'silentSince'> {
  readonly frames: AsyncIterable<Frame>;
  /** Where the frames come from; undefined while none do. */
  readonly source?: Source;
  readonly plan: SegmentPlan;
  /** Nominal frames per second. */
  readonly frameRate: number;
  readonly inputLoss: NonNullable<PackagerOptions['inputLoss']>;
  /** A frame has come, or none will. */
  readonly came: () => void;
}

/**
 * Takes frames through encoder and packager into storage and store until they end. The end of a source is that of the
 * stream, after which this waits for the signal.
 */
export async function packageFrames(places: Places, packaged: Packaged): Promise<void> {
  const { host, settings, store, media, storage, lease, signal, problems, retention } = places;
  const { log } = host;
  const { state, source, plan, frameRate, came, silentSince } = packaged;
  const publisher = new Publisher(store, state, logTrouble(log), {
    lease,
    mediaWritten: () => storage.flush(),
  });
  // Markers outlive media that was lost before its time.
  const release = () => {
    if (isFull(publisher.state)) void places.markers.moved(publisher.state, retention.markersFrom);
  };
  publisher.onRemoved(release);
  const objects = await openStreamObjects({
    ...{ log, store, storage, publisher, lease, signal, isOpening: source === undefined },
  });
  const stopRetaining = retention.watch(publisher, release, (msn) => objects.sidecars.bytesOf(msn));
  publisher.alsoAppend(() => places.markers.restore());
  const frameMarkers = await openFrameMarkers(
    {
      ...{ log, store, stream: settings.name, signal, objects: objects.frames },
      known: () => places.markers.state,
    },
    publisher,
    source,
  );
  await publisher.announce();
  const thumbnails =
    source &&
    (await openThumbnails(settings, source, {
      ...{ store, storage, publisher },
      failed: logThumbnails(log),
    }));
  const pictures = createFramesPublisher(store, settings.name, {
    ...{ batch: 2, maxWidth: channelWidth(settings.detectorWidth) },
  });
  const { name, epoch } = state.stream;
  const stock = await takeStock(places, publisher);
  // With a lease another machine may have taken over: what it knows is in the store.
  const numbers = lease === undefined ? new NumberBlock(store, state.stream, await bootId()) : undefined;
  const used = numbers && (await storeAgain(store, signal, () => numbers.open(state)));
  const stopReserving = numbers?.watch(state, logTrouble(log));
  const lengths = { segment: settings.segment, keyFrames: mostKeyFrames(plan) };
  const packager = new Packager({
    publisher,
    used,
    stock,
    retention,
    storage,
    encoder: places.encoder ?? new FfmpegEncoder(settings, settings.ffmpeg, logEncoder(log)),
    plan,
    from: packaged.from,
    frameRate,
    bandwidth: (shape) => declaredBandwidth(rateControl(settings, shape), shape, lengths),
    keyFrameBandwidth: (shape) => keyFrameBandwidth(rateControl(settings, shape), shape, lengths),
    stall: fromSeconds(settings.stall),
    inputLoss: packaged.inputLoss,
    // What was shown last may be the slate already.
    ...(silentSince?.slate !== true && { slate: drawSlate }),
    ...(silentSince && { silentSince }),
    onFrame: ({ pts, date, discontinuity, run, frame }) => {
      const { width, height, data } = frame;
      came();
      problems.works();
      frameMarkers?.shown(frame, pts);
      // Detectors must not see the pictures of two encoders.
      const picture = { pts, date, discontinuity, run, width, height, data };
      if (lease?.held !== false) for (const to of [pictures, places.pictures]) to?.publish(picture);
      thumbnails?.take({ pts, date, frame });
    },
    onLate: (frame) => frameMarkers?.lost(frame),
    onRepeated: (pts, of) => objects.sidecars.repeated(pts, of),
    onEvent: (event) => {
      if (lease?.lost.aborted) return;
      logEvent(log)(event);
      if (event.type === 'run') {
        objects.sidecars.begins();
        void places.markers.begins({ id: event.run, at: event.at }, state, packaged.from?.pts);
      }
      if ('error' in event && event.type !== 'cleanup-failed') void problems.report(event.error);
    },
  });
  const room = new DiskRoom({
    ...{ space: media.space, reserve: settings.diskReserve },
    release: [
      (bytes) => retention.release(bytes),
      (bytes, atOnce) => packager.window.release(bytes, atOnce),
      (bytes) => retention.release(bytes, true),
    ],
    short: logRoom(log),
  });
  storage.makeRoom = (bytes) => room.make(bytes);
  const stopLooking = lookForRoom(room, log);
  const lost = () => ({ skipped: source?.skipped ?? 0, unseen: pictures.counts.dropped });
  const forgetLosses = media.onLoss(async (stored) => {
    const has = async (path: string) => storage.holds(path) || stored(path);
    const [segments] = await Promise.all([
      packager.forgetLost(has),
      thumbnails?.forgetLost(has),
      retention.forgetLost(has),
    ]);
    if (segments > 0)
      log.warn({ segments }, 'media that was listed is not there any more; it has left the list');
  });
  const stopCounting = logCounts(log, () => ({ ...packager.counts, ...lost() }));
  const stopStats = reportStats(store, places.statsName, () => ({
    encoder_lag_seconds: millisecondsToSeconds(packager.lag),
    frames_taken: packager.counts.taken,
    frames_repeated: packager.counts.repeated,
    frames_late: packager.counts.late,
    frames_skipped: lost().skipped,
    frames_unseen: lost().unseen,
    ...objectsFigures(objects),
    ...storageFigures(media),
    ...(thumbnails && {
      thumbnails_made: thumbnails.counts.made,
      thumbnails_skipped: thumbnails.counts.skipped,
    }),
  }));
  const stopReporting = reportEncoder(store, settings.name, () => packager.counts.taken);
  host.ready({ stream: name, epoch });
  const ended = () => source !== undefined && !signal.aborted && host.leavesOpen?.() !== true;
  try {
    const frames = frameMarkers?.unlisted(packaged.frames) ?? packaged.frames;
    await Promise.race([packager.package(frames, ended), host.crashed]);
    if (!signal.aborted) await frameMarkers?.over(ended() ? liveEdge(publisher.state) : undefined);
    if (ended()) {
      came();
      log.info('the source has ended; what was streamed stays seekable');
      places.pictures?.end();
      await pictures.end();
    }
    if (source !== undefined && !signal.aborted) {
      host.drained?.();
      await aborted(signal);
    }
  } finally {
    await stopRetaining();
    stopLooking();
    forgetLosses();
    stopCounting();
    stopStats();
    await stopReporting();
    await stopReserving?.();
    await thumbnails?.close();
    await objects.close(host.stopping.aborted && lease?.lost.aborted !== true);
    await publisher.close();
  }
}
