import { Readable, type Writable } from 'node:stream';
import { createCanvas } from '@napi-rs/canvas';
import type { Microseconds } from '../clock.ts';
import { matroskaFrameEnd, matroskaFrameHead, matroskaHeader } from '../container/matroska-writer.ts';
import { type FfmpegProgram, ffmpegError, spawnFfmpeg, writeAll } from '../ffmpeg/program.ts';
import { bundledFamily } from '../source/glyphs.ts';
import type { ClipPainter, PaintOrder } from './clip-painter.ts';
import { type BoxStyle, paintBoxes } from './paint.ts';
import { type SeenObjects, type ShownObjects, shownOf } from './shown.ts';

/** Colours of kinds in the order in which they come, as the page has them. */
const COLOURS = [
  ...['#3eb489', '#f2a541', '#9cc1ff', '#fc043f', '#fff400', '#8c8bff'],
  ...['#00800a', '#b28bae', '#256ad5', '#af5063', '#1bfdb5', '#7e668c'],
];
/** On pictures wider than this lines and letters grow with them, in pixels. */
const PLAIN_WIDTH = 1280;
/** The rate that is declared of the boxes' pictures, which come when something changes. */
const NOMINAL_RATE = 30;

/**
 * The boxes are pictures of their own, transparent but for them, with the time of the frame from which on they are right:
 * ffmpeg lays over each frame the newest whose time is not later, exact to the microsecond that both count in.
 */
const FILTER =
  '[1:v]scale=out_color_matrix=bt709:out_range=tv,format=yuva420p[boxes];[0:v][boxes]overlay=eof_action=repeat:format=yuv420';

const ARGUMENTS = [
  ...['-hide_banner', '-loglevel', 'level+warning', '-nostats', '-copyts'],
  ...['-f', 'mov', '-i', 'pipe:0', '-f', 'matroska', '-i', 'pipe:3'],
  ...['-filter_complex', FILTER, '-fps_mode', 'passthrough', '-enc_time_base', '1:1000000'],
  ...['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-color_range', 'tv'],
  ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '18', '-profile:v', 'high'],
  ...['-bf', '0', '-g', '60', '-threads', '1', '-filter_complex_threads', '1'],
  ...['-video_track_timescale', '1000000', '-f', 'mp4'],
  ...['-movflags', '+empty_moov+default_base_moof+frag_keyframe', '-use_editlist', '0', 'pipe:1'],
];

/**
 * Paints boxes into clips by an ffmpeg, which takes one core at most: those who watch live come first.
 * @param path the ffmpeg program
 */
export function clipPainter(path: string): ClipPainter {
  return async (order) => {
    const program = spawnFfmpeg({ path, args: ARGUMENTS, second: true });
    const painted = mediaOf(program, feedAll(program, order));
    const first = await painted.next();
    const media = Readable.from(startingWith(first, painted), { objectMode: false });
    // Whoever waits for bytes of it hears of that only when some come.
    return media.once('close', program.kill);
  };
}

/** Gives ffmpeg the clip and the pictures of its boxes; resolves to what broke that off. */
async function feedAll(program: FfmpegProgram, order: PaintOrder): Promise<Error | undefined> {
  try {
    await Promise.all([feed(order.clip, program.stdin), feed(pictures(order), program.second)]);
    return undefined;
  } catch (error) {
    program.kill();
    return error as Error;
  }
}

async function feed(chunks: AsyncIterable<Uint8Array>, input: Writable): Promise<void> {
  for await (const chunk of chunks) if (!(await writeAll(input, [chunk]))) return;
  input.end();
}

async function* mediaOf(
  { stdout, exited, kill }: FfmpegProgram,
  fed: Promise<Error | undefined>,
): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stdout) yield chunk as Buffer;
  } catch (error) {
    throw (await fed) ?? error;
  } finally {
    kill();
  }
  const exit = await exited;
  const broken = await fed;
  if (broken !== undefined) throw broken;
  if (exit.code !== 0) throw ffmpegError('ENCODER_FAILED', exit, 'painting boxes into a clip');
}

async function* startingWith<T>(first: IteratorResult<T>, rest: AsyncIterable<T>): AsyncGenerator<T> {
  if (first.done !== true) yield first.value;
  yield* rest;
}

/** The pictures of boxes as a Matroska stream: one whenever they change, the first at 0. */
async function* pictures({ width, height, frames, seen, labels, threshold }: PaintOrder) {
  const context = createCanvas(width, height).getContext('2d');
  const colours = new Map<string, string>();
  const style: BoxStyle = {
    ...{ width, height, labels, threshold, scale: Math.max(1, width / PLAIN_WIDTH) },
    font: `${bundledFamily()}, sans-serif`,
    colourOf(kind) {
      const colour = colours.get(kind) ?? COLOURS[colours.size % COLOURS.length] ?? '';
      colours.set(kind, colour);
      return colour;
    },
  };
  const series = bySource(seen);
  let before: readonly ShownObjects[] | undefined;
  yield matroskaHeader({ width, height, frameRate: NOMINAL_RATE });
  for (const pts of frames) {
    const shown = series.flatMap((entries) => shownOf(entries, pts) ?? []);
    if (before !== undefined && areSame(shown, before)) continue;
    before = shown;
    context.clearRect(0, 0, width, height);
    paintBoxes(context, shown, style);
    const { data } = context.getImageData(0, 0, width, height);
    yield matroskaFrameHead(pts - (frames[0] as Microseconds), data.length);
    yield data as unknown as Uint8Array;
    yield matroskaFrameEnd;
  }
}

/** What each source said, oldest first. */
function bySource(seen: readonly SeenObjects[]): readonly SeenObjects[][] {
  const series = new Map<string, SeenObjects[]>();
  for (const one of seen.toSorted((a, b) => a.pts - b.pts)) {
    const entries = series.get(one.source) ?? [];
    series.set(one.source, entries);
    entries.push(one);
  }
  return [...series.values()];
}

function areSame(some: readonly ShownObjects[], others: readonly ShownObjects[]): boolean {
  const isSame = ({ objects, exact }: ShownObjects, other?: ShownObjects) =>
    other?.objects === objects && other.exact === exact;
  return some.length === others.length && some.every((one, index) => isSame(one, others[index]));
}
