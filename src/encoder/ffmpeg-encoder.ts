import { withCmafBrand } from '../container/brands.ts';
import { BoxReader, readMoof, readMoov } from '../container/fmp4.ts';
import { matroskaFrameEnd, matroskaFrameHead, matroskaHeader } from '../container/matroska-writer.ts';
import { HlsStreamError } from '../errors.ts';
import { type LogLine, parseLogLine } from '../ffmpeg/log-line.ts';
import { type FfmpegProgram, ffmpegError, spawnFfmpeg } from '../ffmpeg/program.ts';
import type { Encoder, EncoderInput, EncoderRun, Fragment, InitSegment, RunShape } from './encoder.ts';
import { TICK, timestampOf } from './key-frame-request.ts';
import { type EncoderSettings, ffmpegArguments } from './recipes.ts';

/** Compression by an ffmpeg child process, one for each run. */
export class FfmpegEncoder implements Encoder {
  readonly #settings: EncoderSettings;
  readonly #path: string;
  readonly #onLine: ((line: LogLine) => void) | undefined;

  /**
   * @param path the ffmpeg program
   * @param onLine takes what ffmpeg says on stderr, line by line
   */
  constructor(settings: EncoderSettings, path: string, onLine?: (line: LogLine) => void) {
    this.#settings = settings;
    this.#path = path;
    this.#onLine = onLine;
  }

  start(shape: RunShape): EncoderRun {
    if (shape.width % 2 !== 0 || shape.height % 2 !== 0) {
      throw new HlsStreamError(
        'SOURCE_SIZE',
        `the picture is ${shape.width}x${shape.height}; both sides must be even`,
      );
    }
    const args = ffmpegArguments(this.#settings, shape);
    const onStderr = this.#onLine;
    const program = spawnFfmpeg({
      ...{ path: this.#path, args, remember: troubleOnly },
      ...(onStderr && { onStderr: (line: string) => onStderr(parseLogLine(line) ?? unlabelled(line)) }),
    });
    return new FfmpegRun(program, shape);
  }
}

/** What a library underneath prints past ffmpeg's log. */
function unlabelled(text: string): LogLine {
  return { context: '', level: 'warning', text };
}

/** What may be why the encoder ended: no warnings, of which it has many. */
function troubleOnly(line: string): string | undefined {
  const parsed = parseLogLine(line);
  if (parsed === undefined) return line;
  return parsed.level === 'warning' ? undefined : parsed.text;
}

class FfmpegRun implements EncoderRun {
  readonly init: Promise<InitSegment>;
  readonly fragments: AsyncIterable<Fragment>;
  readonly pid: number | undefined;
  readonly #program: FfmpegProgram;
  #first = true;
  #resolveInit!: (init: InitSegment) => void;
  #rejectInit!: (error: unknown) => void;

  constructor(program: FfmpegProgram, shape: RunShape) {
    this.#program = program;
    this.pid = program.pid;
    this.init = new Promise((resolve, reject) => {
      this.#resolveInit = resolve;
      this.#rejectInit = reject;
    });
    // Whoever reads `fragments` is told as well; alone, this rejection must not end the process.
    this.init.catch(() => {});
    this.fragments = this.#read();
    void program.write(matroskaHeader(shape, TICK));
  }

  async write({ pts, keyframe, frame }: EncoderInput): Promise<void> {
    const timestamp = timestampOf({ pts, keyframe }, this.#first);
    this.#first = false;
    // False means that ffmpeg has left: reading the fragments says why.
    await this.#program.write(matroskaFrameHead(timestamp, frame.data.length), frame.data, matroskaFrameEnd);
  }

  end(): void {
    this.#program.stdin.end();
  }

  kill(): void {
    this.#program.kill();
  }

  async *#read(): AsyncGenerator<Fragment, void, undefined> {
    const boxes = new BoxReader();
    let head: Buffer[] = [];
    try {
      for await (const chunk of this.#program.stdout) {
        for (const { type, bytes } of boxes.push(chunk as Buffer)) {
          if (type === 'mdat') {
            const moof = head.pop();
            if (moof === undefined)
              throw new HlsStreamError('CONTAINER_INVALID', 'media data came without its moof');
            yield { ...readMoof(moof), bytes: Buffer.concat([moof, bytes]) };
            continue;
          }
          head.push(type === 'ftyp' ? withCmafBrand(bytes) : bytes);
          if (type !== 'moov') continue;
          this.#resolveInit({ bytes: Buffer.concat(head), ...readMoov(bytes) });
          head = [];
        }
      }
    } catch (error) {
      // A pipe that broke because ffmpeg was ended is no news: how it ended is told below.
      if (error instanceof HlsStreamError) throw error;
    } finally {
      this.#program.stdin.end();
      this.#rejectInit(new HlsStreamError('ENCODER_FAILED', 'the encoder ended before its first frame'));
    }
    const exit = await this.#program.exited;
    if (exit.code !== 0) throw ffmpegError('ENCODER_FAILED', exit, 'encoding');
  }
}
