import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { type Microseconds, systemDate } from '../clock.ts';
import type { Frame } from '../container/frame.ts';
import type { LateMarking, LateObjects } from '../hls/frame-marker.ts';
import { MOST_MARKERS } from '../hls/marker-rules.ts';
import { LONGEST_LINE, type ReadLine, readFrameLine } from './frame-line.ts';
import { FrameParser, type ParsedFrame } from './frame-parser.ts';
import { type FramedPicture, FramedTimes, type PlacedPicture } from './framed-times.ts';
import { silent } from './log.ts';
import { ModulePace } from './module-pace.ts';
import { systemClock } from './pacer.ts';
import { parsedFrames } from './parsed-frames.ts';
import { rawFormats, toRgba } from './pixels.ts';
import { RareWarnings } from './rare-warnings.ts';
import { checkRawSize, fromPipe, type RawInputOptions, warnOfRest } from './raw-input.ts';
import type { Source } from './source.ts';
import { UntilHeard } from './until-heard.ts';

/** What is said of frames that came before. */
type Late = UntilHeard<[LateMarking | LateObjects]>;

/**
 * Frames that another program writes to standard input, each a line of JSON and the bytes of its picture: their times
 * are the writer's own, and what it says of a frame stays with it. Ends when the input does. What is no line, or has
 * the wrong number of bytes, is passed over until lines and pictures fit again, and said.
 * @throws HlsStreamError SOURCE_SIZE for an odd size.
 */
export function openFramedInput(options: RawInputOptions): Source {
  checkRawSize(options);
  const { width, height, frameRate } = options;
  const session = randomBytes(6).toString('hex');
  const late: Late = new UntilHeard();
  return {
    ...{ width, height, frameRate, live: false, session },
    frames: () => framedFrames(options, late),
    onLate: (listener) => late.listen(listener),
  };
}

async function* framedFrames(options: RawInputOptions, late: Late): AsyncGenerator<Frame, void, undefined> {
  const { width, height, format, signal, wallClock = systemDate } = options;
  const pace = new ModulePace({ ...options, maker: 'the program before the pipe' }, wallClock);
  const stop = signal ?? new AbortController().signal;
  for await (const { pixels, ...placed } of fromPipe(options, (stdin) =>
    placedPictures(options, stdin, late),
  )) {
    const frame = { ...placed, width, height, data: toRgba(pixels, format, width) };
    const due = await pace.due(frame, stop);
    if (due === undefined || stop.aborted) return;
    yield due;
  }
}

async function* placedPictures(
  options: RawInputOptions,
  stdin: Readable,
  late: Late,
): AsyncGenerator<PlacedPicture, void, undefined> {
  const { format, width, height, frameRate, timing } = options;
  const { log = silent, clock = systemClock, wallClock = systemDate } = options;
  const size = width * height * rawFormats[format];
  const warnings = new RareWarnings(log, () => clock.now());
  const times = new FramedTimes({
    ...{ frameRate, timing },
    leftOut: (what) =>
      warnings.warn(
        'time',
        {},
        `${what} is left out, for its time does not follow that of the frame before it`,
      ),
  });
  // No marker of a frame's own line has such an index.
  let index = MOST_MARKERS;
  const hear = ({ of: number, markers, objects }: ReadLine) => {
    if (number === undefined) return;
    const frame = { number, pts: times.ptsOf(number) };
    for (const marking of markers) {
      late.report({ frame, origin: { number, index }, marking });
      index += 1;
    }
    if (objects !== undefined) late.report({ frame, objects });
  };
  const take = (event: ParsedFrame, at: Microseconds): PlacedPicture[] => {
    if (event.type !== 'frame' && event.type !== 'alone') {
      reportMismatch(event, warnings, `${width}x${height} as ${format} takes ${size}`);
      return [];
    }
    const line = readFrameLine(event.line);
    for (const fault of line.faults)
      warnings.warn(
        fault.replace(/ .*/, '').replace(/\d+/g, '#'),
        {},
        `in the line of a frame ${fault}; that is left out`,
      );
    if (event.type === 'alone') {
      hear(line);
      return [];
    }
    const picture: FramedPicture = { line, at, date: wallClock() - (clock.now() - at), pixels: event.pixels };
    return times.push(picture);
  };
  const parser = new FrameParser(size);
  for await (const { event, at } of parsedFrames(stdin, parser, clock)) yield* take(event, at);
  yield* times.end();
  warnOfRest(log, parser.rest, size);
}

/** Says where lines and pictures do not fit. */
function reportMismatch(
  event: Exclude<ParsedFrame, { type: 'frame' | 'alone' }>,
  warnings: RareWarnings,
  expected: string,
): void {
  if (event.type === 'apart') {
    const facts = { bytes: event.bytes };
    warnings.warn(
      'apart',
      facts,
      `behind a line came ${event.bytes} bytes, where ${expected}; are --size and --input-format right?`,
    );
  } else if (event.type === 'found') {
    warnings.warn('found', { skipped: event.skipped }, 'lines and pictures fit again; frames go on');
  } else if (event.line === undefined) {
    warnings.warn(
      'lost',
      {},
      `where a line of JSON had to be, at most ${LONGEST_LINE} bytes long, came ${shown(event.came)}; looking for the next that fits`,
    );
  } else {
    warnings.warn(
      'lost',
      { line: JSON.stringify(event.line).slice(0, 200) },
      `behind the picture of a line came ${shown(event.came)} instead of another line, so it has not the right number of bytes, or is followed by something else: ${expected}; it is left out, and the next line looked for`,
    );
  }
}

/** Some bytes as a log may show them. */
function shown(bytes: Buffer): string {
  return JSON.stringify(bytes.subarray(0, 40).toString('latin1'));
}
