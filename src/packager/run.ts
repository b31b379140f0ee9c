import { type Anchor, type Microseconds, within } from '../clock.ts';
import type { Frame } from '../container/frame.ts';
import type { EncoderRun } from '../encoder/encoder.ts';
import type { Filler } from '../hls/filler.ts';
import type { PlannedBoundary } from './assembler.ts';
import type { PartWriter, RunFacts } from './part-writer.ts';
import { type PlannedFrame, type SegmentPlan, SegmentPlanner } from './segment-planner.ts';
import { SourceClock } from './source-clock.ts';

/** What a {@link Run} is made of. */
export interface RunOptions {
  readonly id: RunFacts['id'];
  readonly encoder: EncoderRun;
  readonly output: PartWriter;
  readonly plan: SegmentPlan;
  /** Where it begins in the stream, with `frame`. */
  readonly anchor: Anchor;
  readonly frame: Frame;
  /** Called with the PTS of each frame that shows the last picture once more, as it was. */
  readonly onRepeated: (pts: Microseconds) => void;
  /** PTS of the source that go this much further than time does, or back, are a break. */
  readonly jump: Microseconds;
}

/** An encoder that takes or gives nothing for so long is as good as dead, in milliseconds. */
const ENCODER_TIMEOUT = 5000;

/** What is shown where no picture of the source came in time, and what it fills if the source is silent. */
export interface Repeated {
  readonly picture: Frame;
  readonly filler: Filler | undefined;
}

/** What became of a picture of the source. */
export interface Shown {
  readonly own: Microseconds | undefined;
  readonly repeated: number;
}

/** One run of the encoder, from the side where the pictures go in. */
export class Run {
  readonly id: RunFacts['id'];
  readonly encoder: EncoderRun;
  readonly output: PartWriter;
  readonly anchor: Anchor;
  readonly planner: SegmentPlanner;
  readonly clock: SourceClock;
  /** The newest picture of the source, by its PTS in the stream, and when it came, in monotonic milliseconds. */
  shown: { readonly pts: Microseconds; readonly at: number } | undefined;
  readonly #frame: Pick<Frame, 'width' | 'height'>;
  readonly #onRepeated: RunOptions['onRepeated'];

  constructor({ id, encoder, output, plan, anchor, frame, jump, onRepeated }: RunOptions) {
    this.id = id;
    this.encoder = encoder;
    this.output = output;
    this.anchor = anchor;
    this.#onRepeated = onRepeated;
    this.planner = new SegmentPlanner(plan);
    this.clock = new SourceClock(anchor.pts - frame.pts, jump);
    this.#frame = { width: frame.width, height: frame.height };
  }

  /** Whether the encoder has failed, or is as good as dead. */
  get dead(): boolean {
    return this.output.failed || this.output.lag > ENCODER_TIMEOUT;
  }

  /** Whether a frame can go on with it, by all but its PTS. */
  takes({ discontinuity, width, height }: Frame): boolean {
    return (
      !this.dead && discontinuity !== true && width === this.#frame.width && height === this.#frame.height
    );
  }

  /** Hands over a repeated frame, as late as the open part can wait for it. */
  repeat(picture: Frame, filler: Filler | undefined, newSegment: boolean): Promise<void> {
    return this.#write(this.planner.repeat(newSegment), picture, { filler });
  }

  /**
   * Hands over a picture of the source, and repeated frames before it where a part cannot wait so long.
   * @returns its PTS, undefined if it is too late; and how many frames were repeated
   */
  async show(pts: Microseconds, frame: Frame, { picture, filler }: Repeated): Promise<Shown> {
    const planned = this.planner.plan(pts, filler !== undefined);
    const shows = { sourcePts: frame.pts, number: frame.number };
    for (const one of planned)
      await (one.repeated ? this.#write(one, picture, { filler }) : this.#write(one, frame, { shows }));
    const repeated = planned.filter(({ repeated }) => repeated).length;
    return { own: repeated < planned.length ? planned.at(-1)?.pts : undefined, repeated };
  }

  /** Begins with a repeated frame. */
  async begin(pts: Microseconds, picture: Frame, filler: Filler | undefined): Promise<void> {
    for (const one of this.planner.plan(pts)) await this.#write(one, picture, { filler });
  }

  async #write(
    planned: PlannedFrame,
    frame: Frame,
    facts: Pick<PlannedBoundary, 'filler' | 'shows'>,
  ): Promise<void> {
    const { pts, keyframe } = planned;
    this.output.expect({ ...planned, ...facts });
    if (facts.shows === undefined && facts.filler?.kind !== 'slate') this.#onRepeated(pts);
    const taken = await within(this.encoder.write({ pts, keyframe, frame }), ENCODER_TIMEOUT);
    if (taken === 'late') this.encoder.kill();
  }

  /**
   * Closes the encoder's input, which flushes it, and waits until all it held is written. Rejects as
   * {@link PartWriter.done} does.
   * @param isLast the source has ended
   */
  async end(isLast: boolean): Promise<void> {
    this.output.isLast = isLast;
    this.encoder.end();
    if ((await within(this.output.done, ENCODER_TIMEOUT)) !== 'late') return;
    this.encoder.kill();
    await this.output.done;
  }
}
