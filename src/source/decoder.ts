import type { Readable } from 'node:stream';
import { MICROSECONDS, type Microseconds } from '../clock.ts';
import { type MatroskaStream, openMatroska } from '../container/matroska-reader.ts';
import { HlsStreamError } from '../errors.ts';
import { type FfmpegExit, type FfmpegProgram, ffmpegError, spawnFfmpeg } from '../ffmpeg/program.ts';
import { inputArguments } from './input-kind.ts';

/** What to decode, and where to begin. */
export interface DecoderOptions {
  /** The ffmpeg program. */
  readonly ffmpeg: string;
  /** File, URL, device, or `pipe:0` for `stdin`. */
  readonly input: string;
  /** Arguments for its reading of the input, before its name. @default [] */
  readonly options?: readonly string[];
  /** What it reads for `pipe:0`. */
  readonly stdin?: Readable | undefined;
  /** Pictures are scaled to this size, in pixels, both even. @default the input's own, made even by cropping */
  readonly size?: { readonly width: number; readonly height: number } | undefined;
  /** Seek to the key frame before this PTS of the input, in microseconds. */
  readonly seek?: Microseconds | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A decoded picture. */
export interface DecodedFrame {
  /** The input's own PTS, in microseconds, to the microsecond. */
  readonly pts: Microseconds;
  /** RGBA. */
  readonly data: Uint8Array;
}

/** A running ffmpeg that decodes. */
export interface Decoder {
  readonly width: number;
  readonly height: number;
  /** As the input says it, if it says so sensibly. */
  readonly frameRate: number | undefined;
  /** The pictures in order of presentation; ends when ffmpeg has no more. Iterated once. */
  frames(): AsyncGenerator<DecodedFrame, void, undefined>;
  readonly exited: Promise<FfmpegExit>;
  /** Ends ffmpeg. Safe at any time. */
  kill(): void;
}

/** Added to every PTS on the way through Matroska, which knows no time before 0; in microseconds. */
const OFFSET: Microseconds = 1_000_000_000;

/**
 * Starts ffmpeg on an input and waits for its first picture.
 * @throws HlsStreamError SOURCE_FAILED with ffmpeg's own reason, FFMPEG_NOT_FOUND.
 */
export async function openDecoder(options: DecoderOptions): Promise<Decoder> {
  const { ffmpeg, input, stdin, signal } = options;
  const program = spawnFfmpeg({
    path: ffmpeg,
    args: decoderArguments(options),
    stdin: stdin ? 'pipe' : 'ignore',
  });
  const kill = () => program.kill();
  if (signal?.aborted) kill();
  signal?.addEventListener('abort', kill);
  const release = stdin && feed(stdin, program);
  void program.exited.then(() => {
    signal?.removeEventListener('abort', kill);
    release?.();
  });
  let stream: MatroskaStream;
  try {
    stream = await openMatroska(program.stdout);
  } catch (error) {
    const exit = await program.exited;
    if (exit.code === 0 && exit.stderr.length === 0) {
      throw new HlsStreamError('SOURCE_FAILED', `${input} holds no pictures`, { cause: error });
    }
    throw ffmpegError('SOURCE_FAILED', exit, `opening ${input}`);
  }
  const { width, height, frameRate } = stream;
  return {
    width,
    height,
    frameRate: frameRate !== undefined && frameRate >= 1 && frameRate <= 120 ? frameRate : undefined,
    frames: () => decoded(stream, kill),
    exited: program.exited,
    kill,
  };
}

async function* decoded(
  stream: MatroskaStream,
  kill: () => void,
): AsyncGenerator<DecodedFrame, void, undefined> {
  try {
    // The file counts milliseconds where the input counted microseconds.
    for await (const { pts, data } of stream.frames()) yield { pts: Math.round(pts / 1000) - OFFSET, data };
  } catch (error) {
    // What a killed program leaves behind; its exit tells why.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  } finally {
    kill();
  }
}

/**
 * ffmpeg decodes to raw RGBA in Matroska. Its muxer ticks in milliseconds, so the clock is stretched by a
 * thousand: no PTS is rounded.
 */
function decoderArguments({ input, options = [], size, seek }: DecoderOptions): string[] {
  const fit = size ? `scale=${size.width}:${size.height}` : 'crop=trunc(iw/2)*2:trunc(ih/2)*2:0:0';
  return [
    ...['-hide_banner', '-loglevel', 'error', '-nostats', '-nostdin'],
    // By the input's own clock, and no trimming: whoever asked passes over what it has.
    ...(seek === undefined ? [] : ['-seek_timestamp', '1', '-noaccurate_seek', '-ss', `${seek}us`]),
    ...inputArguments(input, options),
    ...['-map', '0:v:0', '-copyts', '-fps_mode', 'passthrough', '-enc_time_base', '1:1000000'],
    ...['-vf', `${fit},settb=1/1000000,setpts=(PTS+${OFFSET})*1000,format=rgba`],
    ...['-c:v', 'rawvideo', '-f', 'matroska', '-flush_packets', '1', 'pipe:1'],
  ];
}

/** Pipes `stdin` into the program as far as it wants it; returns what lets go of it. */
function feed(stdin: Readable, program: FfmpegProgram): () => void {
  stdin.pipe(program.stdin);
  return () => {
    stdin.unpipe(program.stdin);
    stdin.pause();
  };
}

/** A decoder whose nominal rate is known. */
export interface RatedDecoder extends Decoder {
  readonly frameRate: number;
}

/** Makes sure of a nominal rate: if the input does not say it, the first frames do, which are given out after. */
export async function withRate(decoder: Decoder): Promise<RatedDecoder> {
  if (decoder.frameRate !== undefined) return { ...decoder, frameRate: decoder.frameRate };
  const rest = decoder.frames();
  const seen: DecodedFrame[] = [];
  for (let next = await rest.next(); !next.done; next = await rest.next()) {
    seen.push(next.value);
    if (seen.length > 8) break;
  }
  const steps = seen.slice(1).map(({ pts }, index) => pts - (seen[index] as DecodedFrame).pts);
  const median = steps.sort((a, b) => a - b)[steps.length >> 1] ?? MICROSECONDS / 25;
  async function* frames() {
    try {
      yield* seen;
      yield* rest;
    } finally {
      await rest.return();
    }
  }
  return { ...decoder, frameRate: Math.min(120, Math.max(1, MICROSECONDS / median)), frames };
}
