import type { Logger } from 'pino';
import { type Milliseconds, secondsToMilliseconds } from '../clock.ts';
import { toErrorRecord } from '../errors.ts';
import { ObjectsWriter, type ObjectsWriterOptions } from '../frames/objects-writer.ts';
import { readObjects } from '../hls/frame-objects.ts';
import { objectsText } from '../hls/objects-file.ts';
import type { FrameObjectsTaker } from '../packager/frame-markers.ts';
import { ObjectSidecars, type ObjectSidecarsOptions } from '../packager/object-sidecars.ts';
import { systemClock } from '../source/pacer.ts';
import { RareWarnings } from '../source/rare-warnings.ts';
import { isAway, storeAgain } from '../store/store-return.ts';

/** The `source` of objects that came with frames. */
const SOURCE = 'input';

/** How often it is logged what is wrong with objects, in milliseconds. */
const SAY_EVERY: Milliseconds = secondsToMilliseconds(60);

/** While a source is being opened, objects of frames that are listed have this long to come, in milliseconds. */
const OPENING_DELAY: Milliseconds = 15_000;

/** What {@link openStreamObjects} works with. */
export interface StreamObjectsPlaces extends Omit<ObjectSidecarsOptions, 'echo' | 'failed' | 'delay'> {
  readonly log: Logger;
  /** Ends it. */
  readonly signal: AbortSignal;
  readonly lease: ObjectsWriterOptions['lease'];
  /** The source is not open yet: frames that a process before this one has listed come again with it. */
  readonly isOpening: boolean;
}

/** The objects of a stream's frames, as its encoder looks after them. */
export interface StreamObjects {
  readonly sidecars: ObjectSidecars;
  /** Takes the objects that came with frames. */
  readonly frames: FrameObjectsTaker;
  /**
   * Ends it.
   * @param hurried nobody goes on from here
   */
  close(hurried: boolean): Promise<void>;
}

/** Begins to look after the objects of a stream. */
export async function openStreamObjects({
  log,
  signal,
  lease,
  isOpening,
  ...places
}: StreamObjectsPlaces): Promise<StreamObjects> {
  const { store, publisher } = places;
  const stream = publisher.state.stream.name;
  const warnings = new RareWarnings(log, () => systemClock.now());
  const failed = (error: unknown) => {
    if (!isAway(error))
      warnings.warn('unwritten', toErrorRecord(error), 'objects of frames could not be written yet');
  };
  const writer = new ObjectsWriter({ store, stream, lease, failed });
  const sidecars = new ObjectSidecars({
    ...{ ...places, failed, echo: (frame) => writer.add(frame) },
    fence: lease && (() => lease.fence),
    ...(isOpening && { delay: OPENING_DELAY }),
  });
  await storeAgain(store, signal, () => sidecars.open());
  const stopReporting = reportLate(log, sidecars.log.counts.late);
  return {
    sidecars,
    frames: {
      add(pts, given) {
        const read = readObjects(given);
        if ('objects' in read) return writer.add({ pts, source: SOURCE, objects: objectsText(read.objects) });
        const { at, fault } = read;
        warnings.warn(
          'fault',
          { pts },
          `objects that came with a frame are left out: /objects${at} ${fault}`,
        );
      },
      flush: () => writer.flush(),
    },
    async close(hurried) {
      await writer.close();
      await sidecars.close(hurried);
      stopReporting();
    },
  };
}

/** What is counted of objects, for `/metrics`. */
export function objectsFigures({
  sidecars: {
    log: { counts },
  },
}: StreamObjects): Record<string, number> {
  const late = [...counts.late.values()].reduce((sum, count) => sum + count, 0);
  return { objects_frames: counts.frames, objects_late: late };
}

/** Logs once a minute whose objects came too late; returns the stop. */
function reportLate(log: Logger, late: ReadonlyMap<string, number>): () => void {
  const said = new Map<string, number>();
  const report = () => {
    for (const [source, count] of late) {
      const more = count - (said.get(source) ?? 0);
      if (more === 0) continue;
      said.set(source, count);
      log.warn(
        { source, frames: more },
        `objects of ${more} frames by ${source} came too late: the file of their segment was written; it takes what comes within 2 s of the segment`,
      );
    }
  };
  const timer = setInterval(report, SAY_EVERY);
  timer.unref();
  return () => {
    clearInterval(timer);
    report();
  };
}
