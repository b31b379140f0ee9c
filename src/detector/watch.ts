import { fromSeconds, type Microseconds, toSeconds } from '../clock.ts';
import { HlsStreamError } from '../errors.ts';
import { followFrames } from '../frames/frames-channel.ts';
import type { Store } from '../store/store.ts';
import { storeAgain } from '../store/store-return.ts';
import type { Detector, Observation } from './detector.ts';
import type { OutboxLog, WriterLease } from './marker-outbox.ts';
import { openMarkerWriter } from './marker-writer.ts';

/** What the detection loop works with. */
export interface WatchOptions {
  readonly store: Store;
  /** Name of the stream. */
  readonly stream: string;
  readonly detector: Detector;
  /** Whose markers these are: no two detectors of a stream may have the same at a time. @default its name */
  readonly source?: string;
  /** With it, no other detector of this source can write meanwhile. */
  readonly lease?: WriterLease;
  readonly log: OutboxLog;
  /** Nominal frames per second. @default 30 */
  readonly frameRate?: number;
  /** Ends it in good order; open events stay open for the next detector. */
  readonly signal: AbortSignal;
  /** Called when it begins to listen. */
  readonly onReady?: () => void;
  /** Kept up to date: pictures looked at, and those lost on the way. */
  readonly counts?: { pictures: number; dropped: number };
  /** Counts of the watch, now and then. @default every minute of the stream */
  readonly reportEvery?: Microseconds;
}

/** What a detector leaves for its successor. */
interface DetectorState {
  /** PTS of the first picture that it or one before it saw. */
  readonly first?: Microseconds;
  /** PTS of the last picture seen. */
  readonly pts: Microseconds;
  /** What {@link Detector.remember} gave. */
  readonly memory: unknown;
}

/** How often the state is written, in microseconds of the stream. */
const KEEP_EVERY = fromSeconds(1);

/** The store's key of what a detector leaves for its successor. */
export function detectorStateKey(stream: string, source: string): string {
  return `detector/${stream}/${source}`;
}

/**
 * Lets a detector watch a stream: pictures in, markers out, until the signal. Once a second it leaves in the
 * store how far it came and what it remembers, so that the next one, after a crash, knows the scene and says
 * how uncertain the ends of lost events are. Throws DETECTOR_FAILED when a module fails, or
 * when an event is said to have begun before there was a picture.
 */
export async function watch({
  store,
  stream,
  detector,
  source = detector.name,
  lease,
  log,
  frameRate = 30,
  signal,
  onReady = () => {},
  counts = { pictures: 0, dropped: 0 },
  reportEvery = fromSeconds(60),
}: WatchOptions): Promise<void> {
  const key = detectorStateKey(stream, source);
  const known = (await storeAgain(store, signal, () => store.get(key))) as DetectorState | undefined;
  if (signal.aborted) return;
  if (known?.memory !== undefined) detector.recall?.(known.memory);
  const { recognition } = detector;
  const writer = await openMarkerWriter({
    ...{
      store,
      stream,
      detector: {
        name: source,
        ...(recognition !== undefined && { recognition }),
      },
    },
    ...{ log, lease, signal, lastSeen: known?.pts },
  });
  let keptAt = Number.NEGATIVE_INFINITY;
  let reportedAt: Microseconds | undefined;
  let keeping = false;
  let first = known?.first;
  const keep = (pts: Microseconds) => {
    if (keeping) return;
    keeping = true;
    keptAt = pts;
    const state: DetectorState = {
      ...(first !== undefined && { first }),
      pts,
      memory: detector.remember?.(),
    };
    // Only a help: while the store is away it may be lost.
    store
      .set(key, state)
      .catch(() => {})
      .finally(() => {
        keeping = false;
      });
  };
  const report = () => log.info({ ...counts, ...writer.counts }, 'watching');
  try {
    onReady();
    const onEnd = () => {
      log.info({}, 'the source has ended');
      writer.sourceEnded();
    };
    for await (const picture of followFrames(store, stream, {
      signal,
      frameRate,
      onEnd,
    })) {
      counts.pictures += 1;
      counts.dropped += picture.dropped;
      first = Math.min(first ?? picture.pts, picture.pts);
      const observations = detector.look(picture);
      refuseEarlier(observations, first, source);
      writer.write(picture, observations);
      if (Math.abs(picture.pts - keptAt) >= KEEP_EVERY) keep(picture.pts);
      reportedAt ??= picture.pts;
      if (Math.abs(picture.pts - reportedAt) < reportEvery) continue;
      reportedAt = picture.pts;
      report();
    }
  } finally {
    report();
    await writer.close();
  }
}

/** No event began before there was a picture. */
function refuseEarlier(observations: readonly Observation[], first: Microseconds, source: string): void {
  for (const observation of observations) {
    if (observation.type !== 'begin' || observation.pts >= first) continue;
    throw new HlsStreamError(
      'DETECTOR_FAILED',
      `the detector ${source} marks "${observation.text}" at ${toSeconds(observation.pts)} s, ${toSeconds(first - observation.pts)} s before the first picture it was shown; pts is the time of the first picture that shows the event, in microseconds`,
    );
  }
}
