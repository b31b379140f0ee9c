import { join } from 'node:path';
import { fromEpochMilliseconds, fromSeconds } from '../clock.ts';
import type { Config } from '../config.ts';
import { createFramesPublisher } from '../detector/frames-channel.ts';
import { FfmpegEncoder } from '../encoder/ffmpeg-encoder.ts';
import { declaredBandwidth, rateControl } from '../encoder/recipes.ts';
import { nominalRate, planCuts } from '../packager/cutter.ts';
import { openEpoch, promisesOf, removeOldEpochs } from '../packager/epoch.ts';
import { Packager } from '../packager/packager.ts';
import { Publisher } from '../packager/publisher.ts';
import { openSource } from '../source/open.ts';
import { DiskStorage } from '../storage/disk.ts';
import { lockFolder } from '../storage/folder-lock.ts';
import { openThumbnails } from '../thumbnails/open.ts';
import { aborted, asChild } from './child.ts';
import { openChildStore } from './child-store.ts';
import { reportStats } from './stats.ts';
import { logCounts, logEvent, logThumbnails, logTrouble } from './stream-log.ts';

/** The stream child: frames from the source through encoder and packager into storage and store. */
export async function run(config: Config): Promise<void> {
  const child = asChild('stream', config);
  const { log, stopping } = child;
  const store = await openChildStore(child);
  const unlock = await lockFolder(join(config.dataDir, config.name));
  try {
    const storage = new DiskStorage(config.dataDir);
    const source = await openSource(config, { signal: stopping, log });
    const frameRate = nominalRate(source.frameRate);
    const plan = planCuts(frameRate, config.part, config.segment);
    const now = fromEpochMilliseconds(Date.now());
    const promises = promisesOf(plan, fromSeconds(config.window));
    const { state, from } = await openEpoch(store, config.name, promises, now);
    await removeOldEpochs(storage, state.stream);
    const publisher = new Publisher(store, state, logTrouble(log));
    await publisher.announce();
    const thumbnails = await openThumbnails(config, source, {
      store,
      storage,
      publisher,
      failed: logThumbnails(log),
    });
    const pictures = createFramesPublisher(store, config.name, { batch: 2 });
    const packager = new Packager({
      publisher,
      storage,
      encoder: new FfmpegEncoder(config, config.ffmpeg, (line) =>
        log.warn({ ffmpeg: line }, 'the encoder says'),
      ),
      plan,
      from,
      frameRate,
      bandwidth: (shape) => declaredBandwidth(rateControl(config, shape), shape, config.segment),
      stall: fromSeconds(config.stall),
      onFrame: ({ pts, date, discontinuity, frame }) => {
        const { width, height, data } = frame;
        pictures.offer({ pts, date, discontinuity, width, height, data });
        thumbnails?.offer({ pts, date, frame });
      },
      onEvent: logEvent(log),
    });
    const stopCounting = logCounts(log, () => ({
      ...packager.counts,
      skipped: source.skipped ?? 0,
      unseen: pictures.counts.dropped,
    }));
    const stopStats = reportStats(store, 'stream', () => ({
      encoder_lag_seconds: packager.lag / 1000,
      frames_taken: packager.counts.taken,
      frames_held: packager.counts.held,
      frames_late: packager.counts.late,
      frames_skipped: source.skipped ?? 0,
      frames_unseen: pictures.counts.dropped,
      ...(thumbnails && {
        thumbnails_made: thumbnails.counts.made,
        thumbnails_skipped: thumbnails.counts.skipped,
      }),
    }));
    const { width, height } = source;
    log.info(
      { epoch: state.stream.epoch, width, height, frameRate, part: plan.partDuration / 1e6 },
      'streaming',
    );
    child.ready({ epoch: state.stream.epoch });
    await packager.package(source.frames(), () => !stopping.aborted);
    if (!stopping.aborted) {
      log.info('the source has ended; what was streamed stays seekable');
      await pictures.end();
      await aborted(stopping);
    }
    stopCounting();
    stopStats();
    await thumbnails?.close();
    await publisher.close();
  } finally {
    await unlock();
    await store.close();
  }
}
