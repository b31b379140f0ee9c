import type { Anchor, Microseconds, Milliseconds } from '../clock.ts';
import type { Frame } from '../container/frame.ts';
import { liveEdge } from '../hls/live-edge.ts';
import { type MediaState, runId } from '../hls/playlist-log.ts';
import { nextAnchor } from './epoch.ts';
import type { PackagerOptions } from './packager-options.ts';
import { endLastRun, PartWriter } from './part-writer.ts';
import { Run, type RunOptions } from './run.ts';
import type { SegmentPlan } from './segment-planner.ts';

/**
 * Starts a run of the encoder that begins with this frame, behind whatever is listed.
 * @param now monotonic milliseconds
 * @param shown the newest picture that this process has shown to detectors
 * @param step by how much the wall clock was set since the run before began
 * @param onRepeated see {@link RunOptions}
 */
export async function startRun(
  options: PackagerOptions,
  frame: Frame,
  now: () => Milliseconds,
  shown: Anchor | undefined,
  step: Microseconds,
  onRepeated: RunOptions['onRepeated'],
): Promise<Run> {
  const { publisher, storage, plan, frameRate, bandwidth, keyFrameBandwidth: keyFrames } = options;
  await endLastRun(publisher, storage);
  const behind = shown && unlisted(shown, publisher.state, plan);
  const kept = options.retention?.dates;
  const anchor = nextAnchor(publisher.state, options.from, frame.capturedAt, step, behind, kept);
  const shape = { width: frame.width, height: frame.height, frameRate };
  const id = nextRunId(anchor.pts, publisher.state.init?.run);
  const encoder = options.encoder.start(shape);
  const facts = {
    ...{ id, anchor, shape, bandwidth: bandwidth(shape) },
    ...(keyFrames && { keyFrameBandwidth: keyFrames(shape) }),
  };
  const output = new PartWriter(facts, encoder, publisher, storage, now);
  const run = new Run({ id, encoder, output, plan, anchor, frame, jump: options.stall, onRepeated });
  options.onEvent?.({
    type: 'run',
    run: id,
    at: anchor.pts,
    ...(encoder.pid !== undefined && { pid: encoder.pid }),
  });
  return run;
}

/** Where a picture ends that was lost with its encoder; undefined for one that is listed. */
function unlisted(
  { pts, date }: Anchor,
  state: MediaState,
  { frameDuration }: SegmentPlan,
): Anchor | undefined {
  const end = liveEdge(state);
  if (end !== undefined && pts < end) return undefined;
  return { pts: pts + frameDuration, date: date + frameDuration };
}

/**
 * Runs are told apart by where they begin: PTS never repeats within an epoch, but where the run before, of which the
 * store knows, gave nothing.
 */
function nextRunId(pts: Microseconds, before = ''): string {
  const id = pts.toString(36);
  const [known, times = '0'] = runId(before).split('-');
  return known === id ? `${id}-${Number(times) + 1}` : id;
}
