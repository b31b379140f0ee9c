import { fromSeconds, type Microseconds, type Milliseconds, toSeconds } from '../clock.ts';
import { HlsStreamError } from '../errors.ts';
import { type FollowFramesOptions, followFrames } from '../frames/frames-channel.ts';
import type { Picture } from '../frames/picture.ts';
import { createSampling, type PictureView } from '../frames/sampling.ts';
import type { FrameObject } from '../hls/frame-objects.ts';
import type { Store } from '../store/store.ts';
import { storeAgain } from '../store/store-return.ts';
import type { Answer, Detector, InstantEvent, Observation } from './detector.ts';
import type { OutboxLog, WriterLease } from './marker-outbox.ts';
import { openMarkerWriter } from './marker-writer.ts';
import { Turns } from './turns.ts';

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
  /** The pictures, from now on. @default the frames channel of the stream */
  readonly pictures?: (options: FollowFramesOptions) => AsyncIterable<Picture>;
  /** Which pictures it is shown, and how large. @default all, as they come */
  readonly view?: PictureView;
  /** An answer that was promised comes within this. @default however long it takes */
  readonly timeout?: Milliseconds | undefined;
  /** Takes the objects that the detector saw in a picture. */
  readonly onObjects?: (picture: Picture, objects: readonly FrameObject[]) => void;
  /** Kept up to date: pictures looked at, those lost on the way, and those left out because it took its time. */
  readonly counts?: { pictures: number; dropped: number; skipped?: number };
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
  pictures = (options) => followFrames(store, stream, options),
  view = {},
  timeout,
  onObjects = () => {},
  counts = { pictures: 0, dropped: 0, skipped: 0 },
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
  const broken = new AbortController();
  const take = (picture: Picture, answer: Answer) => {
    const { observations = [], objects } =
      'observations' in answer || 'objects' in answer
        ? answer
        : { observations: answer as readonly (Observation | InstantEvent)[] };
    counts.pictures += 1;
    counts.dropped += picture.dropped;
    first = Math.min(first ?? picture.pts, picture.pts);
    refuseEarlier(observations, first, source);
    writer.write(picture, observations);
    if (objects !== undefined) onObjects(picture, objects);
    if (Math.abs(picture.pts - keptAt) >= KEEP_EVERY) keep(picture.pts);
    reportedAt ??= picture.pts;
    if (Math.abs(picture.pts - reportedAt) < reportEvery) return;
    reportedAt = picture.pts;
    report();
  };
  const turns = new Turns({ detector, name: source, timeout, take, failed: (error) => broken.abort(error) });
  const onEnd = () => {
    log.info({}, 'the source has ended');
    // What is still being looked at was before the end.
    if (turns.busy === undefined) writer.sourceEnded();
    else void turns.busy.then(() => writer.sourceEnded());
  };
  const sample = createSampling(view);
  try {
    onReady();
    const until = AbortSignal.any([signal, broken.signal]);
    for await (const came of pictures({ signal: until, frameRate, onEnd })) {
      const picture = sample(came);
      if (picture === undefined) continue;
      turns.show(picture);
      if (turns.skipped > 0 && counts.skipped === 0)
        log.info(
          {},
          'the detector takes longer than a picture lasts: it is shown the newest, and others are skipped',
        );
      counts.skipped = turns.skipped;
    }
    if (broken.signal.aborted && !signal.aborted) throw broken.signal.reason;
  } finally {
    report();
    await Promise.all([detector.close?.(), writer.close()]);
  }
}

/** No event began before there was a picture. */
function refuseEarlier(
  observations: readonly (Observation | InstantEvent)[],
  first: Microseconds,
  source: string,
): void {
  for (const observation of observations) {
    if (observation.type === 'end' || observation.pts >= first) continue;
    throw new HlsStreamError(
      'DETECTOR_FAILED',
      `the detector ${source} marks "${observation.text}" at ${toSeconds(observation.pts)} s, ${toSeconds(first - observation.pts)} s before the first picture it was shown; pts is the time of the first picture that shows the event, in microseconds`,
    );
  }
}
