import { ByteReader } from '../container/byte-reader.ts';
import { HlsStreamError } from '../errors.ts';
import { isTrouble, parseLogLine } from '../ffmpeg/log-line.ts';
import { type FfmpegExit, ffmpegError, spawnFfmpeg } from '../ffmpeg/program.ts';
import { type DecoderInput, decoderArguments } from './decoder-arguments.ts';
import { type InputFacts, InputReport, type PictureFacts } from './input-report.ts';
import type { StandardInput } from './standard-input.ts';

/** What to decode, and with what. */
export interface DecoderOptions extends DecoderInput {
  /** The ffmpeg program. */
  readonly ffmpeg: string;
  /** What it reads for `-`. */
  readonly stdin?: StandardInput | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A decoded picture, with square pixels and even sides. */
export interface DecodedFrame extends PictureFacts {
  /** RGBA, `width * height * 4` bytes, in memory of its own. */
  readonly data: Uint8Array;
}

/** A running ffmpeg that decodes. */
export interface Decoder {
  readonly facts: InputFacts;
  /** The first picture, as it is described; it comes with the others. */
  readonly first: PictureFacts;
  /** The pictures in order of presentation; ends when ffmpeg has no more. Iterated once. */
  frames(): AsyncGenerator<DecodedFrame, void, undefined>;
  readonly exited: Promise<FfmpegExit>;
  /** Ends ffmpeg. Safe at any time. */
  kill(): void;
}

/** No picture is larger than 8K. */
const MAX_PIXELS = 8192 * 8192;

/**
 * Starts ffmpeg on an input and waits for its first picture.
 * @throws HlsStreamError SOURCE_FAILED with ffmpeg's own reason, FFMPEG_NOT_FOUND.
 */
export async function openDecoder(options: DecoderOptions): Promise<Decoder> {
  const { ffmpeg, input, stdin, signal } = options;
  const report = new InputReport();
  const pictures = new PictureQueue();
  const program = spawnFfmpeg({
    path: ffmpeg,
    args: decoderArguments(options),
    stdin: stdin ? 'pipe' : 'ignore',
    onStderr: (line) => {
      const log = parseLogLine(line);
      const picture = log && report.line(log.text);
      if (!picture) return;
      if (picture.width * picture.height <= MAX_PIXELS) return pictures.push(picture);
      pictures.end(tooLarge(picture, input));
      program.kill();
    },
    remember: troubleOnly,
  });
  const kill = () => program.kill();
  if (signal?.aborted) kill();
  signal?.addEventListener('abort', kill);
  const release = stdin?.feed(program);
  void program.exited.then(() => {
    pictures.end();
    signal?.removeEventListener('abort', kill);
    release?.();
  });
  const bytes = new ByteReader(program.stdout);
  // Where there are no pictures, ffmpeg has left only once its output was read to the end.
  await bytes.ready().catch(() => false);
  const first = await pictures.peek();
  if (first === undefined) throw openingError(await program.exited, input);
  return {
    facts: report.facts,
    first,
    frames: () => decoded(bytes, pictures, kill),
    exited: program.exited,
    kill,
  };
}

async function* decoded(
  bytes: ByteReader,
  pictures: PictureQueue,
  kill: () => void,
): AsyncGenerator<DecodedFrame, void, undefined> {
  try {
    for (;;) {
      const facts = await pictures.next();
      if (facts === undefined) return;
      const data = await bytes.take(facts.width * facts.height * 4);
      if (data === undefined) return;
      yield { ...facts, data };
    }
  } catch (error) {
    // What a killed program leaves behind; its exit tells why.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  } finally {
    kill();
  }
}

/** Descriptions of pictures that have not been read yet. */
class PictureQueue {
  readonly #waiting: PictureFacts[] = [];
  #ended = false;
  #failure: HlsStreamError | undefined;
  #wake = () => {};

  push(picture: PictureFacts): void {
    this.#waiting.push(picture);
    this.#wake();
  }

  /** No more come; `failure` says why, if that is not as it should be. */
  end(failure?: HlsStreamError): void {
    this.#failure ??= failure;
    this.#ended = true;
    this.#wake();
  }

  /** The next description, which stays; `undefined` when no more come. Rejects with what they ended by. */
  async peek(): Promise<PictureFacts | undefined> {
    while (this.#waiting.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#failure !== undefined) throw this.#failure;
    return this.#waiting[0];
  }

  /** The next description; `undefined` when no more come. */
  async next(): Promise<PictureFacts | undefined> {
    await this.peek();
    return this.#waiting.shift();
  }
}

/** Of what ffmpeg says, what may be a reason; neither its lists nor complaints about our way of using it. */
function troubleOnly(line: string): string | undefined {
  const log = parseLogLine(line);
  if (log === undefined || !isTrouble(log)) return undefined;
  if (/^(rawvideo|swscaler|Parsed_)/.test(log.context)) return undefined;
  return log.context === '' ? log.text : `[${log.context} @ 0x0] ${log.text}`;
}

function tooLarge({ width, height }: PictureFacts, input: string): HlsStreamError {
  return new HlsStreamError(
    'SOURCE_FAILED',
    `the pictures of ${input} are ${width}x${height}, above ${MAX_PIXELS / 2 ** 20} megapixels; make them smaller`,
  );
}

function openingError(exit: FfmpegExit, input: string): HlsStreamError {
  const missing = exit.stderr.some((line) => /stream map .* matches no streams/i.test(line));
  if (missing) return new HlsStreamError('SOURCE_FAILED', `there is no video in ${input}`);
  if (exit.stderr.some((line) => /unsupported chunk: AN(IM|MF)/.test(line)))
    return new HlsStreamError('SOURCE_FAILED', `${input} is a WebP that moves, which ffmpeg cannot decode`);
  if (exit.code === 0 && exit.stderr.length === 0)
    return new HlsStreamError('SOURCE_FAILED', `${input} holds no pictures`);
  return ffmpegError('SOURCE_FAILED', exit, `opening ${input}`);
}
