import type { Microseconds } from '../clock.ts';
import type { Frame } from '../container/frame.ts';
import { findFrame } from '../hls/find-frame.ts';
import { type FrameMarking, type LateMarking, type LateObjects, moved } from '../hls/frame-marker.ts';
import { markerLogName } from '../hls/marker-log.ts';
import type { PartEntry, SegmentEntry } from '../hls/playlist-log.ts';
import { framesIn, type ShownFrame } from '../hls/source-frames.ts';
import type { IdentifiedEntry, MarkingWriter } from './marking-writer.ts';
import type { Publisher } from './publisher.ts';

/** What {@link FrameMarkers} work with. */
export interface FrameMarkersOptions {
  readonly publisher: Publisher;
  readonly writer: MarkingWriter;
  /** The one who takes over from another process: frames may come again that are listed already. */
  readonly continues: boolean;
  /** Another writer came before this one, and events of its that go on end here. */
  readonly othersEnd: Microseconds | undefined;
  /** Takes the objects of frames that are listed. */
  readonly objects: FrameObjectsTaker;
  /** Frames up to this number are listed or lost, with all that was said of them, also in the first `heard` calls of `late`. */
  readonly settled: (number: number, heard: number) => void;
}

/** Takes what frames show, as their writer gave it. */
export interface FrameObjectsTaker {
  add(pts: Microseconds, objects: readonly unknown[]): void;
  /** Resolves when nothing of that can be lost any more. */
  flush(): Promise<void>;
}

/** A frame on its way into the list; without a PTS where it was not shown. */
interface OnItsWay {
  readonly number: number;
  readonly sourcePts: Microseconds;
  readonly pts: Microseconds | undefined;
  markings: readonly FrameMarking[];
  objects?: readonly unknown[] | undefined;
}

/**
 * Writes the markers that come with frames, each when its frame is listed and not before, so that none ever stands on
 * another frame, whoever dies meanwhile. What belongs to a frame that is lost comes to the next one that is listed, and
 * says by how much.
 */
export class FrameMarkers {
  readonly #options: FrameMarkersOptions;
  readonly #log: string;
  /** In the order in which they came. */
  #onTheirWay: OnItsWay[] = [];
  /** Lost frames of which something was said. */
  #lost: OnItsWay[] = [];
  /** What the log is to hold, in order. */
  readonly #unwritten: IdentifiedEntry[] = [];
  /** Said of frames that are not here yet. */
  #early: Omit<OnItsWay, 'pts'>[] = [];
  #seenEarly: { readonly number: number; readonly objects: readonly unknown[] } | undefined;
  #settled = -1;
  /** The newest frame that is listed. */
  #last:
    | { readonly number: number; readonly sourcePts: Microseconds; readonly pts: Microseconds }
    | undefined;
  /** How often something was said late. */
  #heard = 0;
  #othersEnd: Microseconds | undefined;

  constructor(options: FrameMarkersOptions) {
    const { publisher } = options;
    this.#options = options;
    this.#othersEnd = options.othersEnd;
    this.#log = markerLogName(publisher.state.stream.name);
    publisher.onPublished((entry) => this.#published(entry));
    publisher.alsoAppend(() => this.#write());
  }

  /** The frames without those that are listed already; what was said of these is written. */
  async *unlisted(frames: AsyncIterable<Frame>): AsyncGenerator<Frame, void, undefined> {
    let { continues } = this.#options;
    for await (const frame of frames) {
      if (!continues || frame.number === undefined) {
        yield frame;
        continue;
      }
      const found = findFrame(this.#options.publisher.state, { number: frame.number });
      if (found === 'later') continues = false;
      if (found === 'later') yield frame;
      else if (found.pts === undefined) this.lost(frame);
      else {
        this.#take(this.#onItsWay(frame, found.pts), found.pts);
        this.#settle();
      }
    }
  }

  /** A frame went into the encoder, and will have this PTS. */
  shown(frame: Frame, pts: Microseconds): void {
    if (frame.number !== undefined) this.#onTheirWay.push(this.#onItsWay(frame, pts));
  }

  /** A frame is not shown. */
  lost(frame: Frame): void {
    if (frame.number !== undefined) this.#onTheirWay.push(this.#onItsWay(frame, undefined));
  }

  /** Something more is said of a frame that came, or is about to. */
  late(said: LateMarking | LateObjects): void {
    this.#heard += 1;
    const { number, pts: sourcePts } = said.frame;
    const onItsWay = this.#onTheirWay.find((one) => one.number === number);
    if ('objects' in said) {
      this.#seen(number, said.objects, onItsWay);
      return;
    }
    const marking = { ...said.marking, moved: { by: 0, ...said.origin } };
    if (onItsWay !== undefined) {
      // What was said elsewhere stands before the frame's own.
      onItsWay.markings = [marking, ...onItsWay.markings];
      return;
    }
    const found = findFrame(this.#options.publisher.state, { number });
    if (found === 'later') this.#early.push({ number, sourcePts, markings: [marking] });
    else if (found.pts === undefined)
      this.#lost.push({ number, sourcePts, pts: undefined, markings: [marking] });
    else {
      this.#unwritten.push(...this.#options.writer.entries([marking], number, found.pts));
      this.#settle();
    }
  }

  #seen(number: number, objects: readonly unknown[], onItsWay: OnItsWay | undefined): void {
    if (onItsWay !== undefined) {
      onItsWay.objects = objects;
      return;
    }
    const found = findFrame(this.#options.publisher.state, { number });
    if (found === 'later') this.#seenEarly = { number, objects };
    else if (found.pts !== undefined) this.#options.objects.add(found.pts, objects);
  }

  /**
   * No more frames come: what belongs to those that are lost behind the last one that is listed comes to that, and says by
   * how much. Resolves when the log says so.
   * @param end where the source has ended for good, and so have its events; undefined while it may go on
   */
  async over(end: Microseconds | undefined): Promise<void> {
    const last = this.#last;
    const lost = [...this.#lost, ...this.#onTheirWay, ...this.#early];
    [this.#lost, this.#onTheirWay, this.#early] = [[], [], []];
    if (last !== undefined) {
      const markings = lost.flatMap((one) =>
        moved(one.markings, one.number, Math.abs(one.sourcePts - last.sourcePts)),
      );
      this.#unwritten.push(...this.#options.writer.entries(markings, last.number, last.pts));
    }
    if (end !== undefined) this.#unwritten.push(...this.#options.writer.endAll(end));
    await this.#options.publisher.inTurn(() => this.#write());
  }

  #published(media: PartEntry | SegmentEntry): void {
    if (this.#othersEnd !== undefined) this.#unwritten.push(...this.#options.writer.endAll(this.#othersEnd));
    this.#othersEnd = undefined;
    const end = media.pts + media.duration;
    // Where the encoder died the next one may give the PTS of a frame that is lost to another.
    const shown = new Map(framesOf(media).map(({ pts, number }) => [pts, number]));
    const later = this.#onTheirWay.findIndex(({ pts }) => pts !== undefined && pts >= end);
    const settled = this.#onTheirWay.splice(0, later === -1 ? this.#onTheirWay.length : later);
    for (const frame of settled) {
      // The parts of a segment have been listed before it.
      if (frame.pts !== undefined && shown.get(frame.pts) === frame.number) this.#take(frame, frame.pts);
      else if (frame.markings.length > 0) this.#lost.push(frame);
      else this.#settled = Math.max(this.#settled, frame.number);
    }
    if (settled.length > 0) this.#settle();
  }

  #onItsWay({ number = 0, pts: sourcePts, annotations }: Frame, pts: Microseconds | undefined): OnItsWay {
    // Some spoke of frames that do not come any more.
    for (const early of this.#early) if (early.number < number) this.#lost.push({ ...early, pts: undefined });
    const early = this.#early.filter((one) => one.number === number).flatMap(({ markings }) => markings);
    this.#early = this.#early.filter((one) => one.number > number);
    const seen = this.#seenEarly?.number === number ? this.#seenEarly : annotations;
    return {
      ...{ number, sourcePts, pts },
      ...{ markings: [...early, ...(annotations?.markers ?? [])], objects: seen?.objects },
    };
  }

  /** A frame is listed. */
  #take(frame: OnItsWay, pts: Microseconds): void {
    const carried = this.#lost.flatMap(({ markings, number, sourcePts }) =>
      moved(markings, number, frame.sourcePts - sourcePts),
    );
    this.#lost = [];
    const { number, sourcePts, markings, objects } = frame;
    this.#last = { number, sourcePts, pts };
    if (objects !== undefined) this.#options.objects.add(pts, objects);
    this.#unwritten.push(...this.#options.writer.entries([...carried, ...markings], number, pts));
    this.#settled = Math.max(this.#settled, number);
  }

  /** Writes what is to be written, behind the media that it belongs to; then nobody needs these frames again. */
  #settle(): void {
    const [waiting] = this.#lost;
    const number = waiting === undefined ? this.#settled : Math.min(this.#settled, waiting.number - 1);
    const heard = this.#heard;
    void this.#options.publisher.inTurn(async () => {
      await this.#write();
      // Markers do not wait for objects.
      void this.#options.objects.flush().then(() => this.#options.settled(number, heard));
    });
  }

  async #write(): Promise<void> {
    for (let next = this.#unwritten[0]; next !== undefined; next = this.#unwritten[0]) {
      await this.#options.publisher.append(this.#log, next.entry, next.id);
      this.#unwritten.shift();
    }
  }
}

/** The frames of the source that a piece of media shows. */
function framesOf(media: PartEntry | SegmentEntry): ShownFrame[] {
  if (media.type === 'part') return framesIn(media.frames ?? [], media.pts);
  let begin = media.pts;
  return media.parts.flatMap(({ duration, frames = [] }) => {
    const all = framesIn(frames, begin);
    begin += duration;
    return all;
  });
}
