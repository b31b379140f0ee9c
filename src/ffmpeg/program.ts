import { type ChildProcess, spawn } from 'node:child_process';
import { type Readable, Writable } from 'node:stream';
import { type ErrorCode, HlsStreamError } from '../errors.ts';
import { foreignEnvironment } from '../program/environment.ts';
import { LastLines } from '../program/last-lines.ts';
import { programBegan, signalGroup } from '../program/running.ts';

/** What to run. */
export interface FfmpegOptions {
  /** The program: a path, or a name looked up in PATH. */
  readonly path: string;
  readonly args: readonly string[];
  /** Called with each line the program says on stderr. */
  readonly onStderr?: (line: string) => void;
  /** What to remember of such a line; `undefined` for one that does not matter. @default the line */
  readonly remember?: (line: string) => string | undefined;
  /** What the program reads: `pipe` (then {@link FfmpegProgram.stdin} is its input), or nothing. @default 'pipe' */
  readonly stdin?: 'pipe' | 'ignore';
  /** Whether it reads from `pipe:3`, too. @default false */
  readonly second?: boolean;
}

/** How a program ended. */
export interface FfmpegExit {
  /** Exit code; null when a signal ended it or it never started. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Its last lines on stderr, oldest first, at most 20. */
  readonly stderr: readonly string[];
  /** Why it could not be started at all. */
  readonly error?: NodeJS.ErrnoException;
}

/** A running ffmpeg. */
export interface FfmpegProgram {
  /** Undefined when it could not be started. */
  readonly pid: number | undefined;
  /** Errors on it (EPIPE when the program has left) are swallowed: {@link exited} tells. */
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Its `pipe:3`, as {@link stdin}. */
  readonly second: Writable;
  /** Resolves when the program has ended and its output was read to the end or destroyed; never rejects. */
  readonly exited: Promise<FfmpegExit>;
  /**
   * Writes to stdin, copying nothing, and resolves when the program wants more (back-pressure): `true`, or
   * `false` if it has left or stdin was ended. The bytes must stay unchanged until then.
   */
  write(...chunks: readonly Uint8Array[]): Promise<boolean>;
  /** Ends it and whatever it started, at once (SIGKILL). Safe at any time, also twice. */
  kill(): void;
}

/**
 * Runs ffmpeg with pipes, in a process group of its own: a Ctrl-C at the terminal is meant for the launcher,
 * which ends things in order. Never throws; a program that cannot be started ends with `error`.
 */
export function spawnFfmpeg({
  path,
  args,
  onStderr,
  remember,
  stdin = 'pipe',
  second = false,
}: FfmpegOptions): FfmpegProgram {
  const child: ChildProcess = spawn(path, args, {
    stdio: [stdin === 'pipe' ? 'pipe' : 'ignore', 'pipe', 'pipe', ...(second ? ['pipe' as const] : [])],
    detached: true,
    env: foreignEnvironment(),
  });
  const lines = new LastLines(20, onStderr, remember);
  child.stderr?.setEncoding('utf8').on('data', (text: string) => lines.add(text));
  const input = child.stdin ?? closedInput();
  const other = (child.stdio[3] as Writable | undefined) ?? closedInput();
  for (const one of [input, other]) one.on('error', () => {});
  child.stdout?.on('error', () => {});
  let gone = false;
  let ended = () => {};

  const program: FfmpegProgram = {
    pid: child.pid,
    stdin: input,
    stdout: child.stdout as Readable,
    second: other,
    exited: new Promise((resolve) => {
      let error: NodeJS.ErrnoException | undefined;
      const settle = (code: number | null, signal: NodeJS.Signals | null) => {
        gone = true;
        lines.end();
        ended();
        for (const one of [input, other]) one.destroy();
        resolve({ code: error ? null : code, signal, stderr: lines.all(), ...(error && { error }) });
      };
      child.once('error', (reason) => {
        error = reason;
        if (child.pid === undefined) settle(null, null);
      });
      child.once('close', settle);
      child.once('exit', () => {
        gone = true;
      });
    }),
    write: (...chunks) => writeAll(input, chunks),
    kill: () => {
      child.stdout?.destroy();
      for (const one of [input, other]) one.destroy();
      // The whole group: helpers that ffmpeg started must not hold the pipes open.
      if (!gone && child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
    },
  };
  if (child.pid !== undefined) ended = programBegan({ pid: child.pid, kill: program.kill });
  return program;
}

/** Writes chunks one after the other, as {@link FfmpegProgram.write} does; `false` when nobody reads any more. */
export async function writeAll(input: Writable, chunks: readonly Uint8Array[]): Promise<boolean> {
  if (!input.writable) return false;
  // Not corked: a gathered write of one large and two tiny pieces costs more than the pieces.
  let room = true;
  for (const chunk of chunks) room = input.write(chunk);
  if (room) return true;
  return new Promise((resolve) => {
    const settle = () => {
      input.removeListener('drain', settle).removeListener('close', settle).removeListener('error', settle);
      resolve(input.writable);
    };
    input.on('drain', settle).on('close', settle).on('error', settle);
  });
}

/**
 * The error that an ended program stands for, with the code the caller chose; `doing` completes "ffmpeg
 * failed while …". A program that was never found is FFMPEG_NOT_FOUND whatever the caller chose.
 */
export function ffmpegError(code: ErrorCode, exit: FfmpegExit, doing: string): HlsStreamError {
  if (exit.error?.code === 'ENOENT') return notFound(exit.error);
  const how = exit.error?.message ?? exit.signal ?? `code ${exit.code}`;
  const reason = meaningful(exit.stderr);
  return new HlsStreamError(code, `ffmpeg left (${how}) while ${doing}${reason ? `: ${reason}` : ''}`, {
    cause: exit.error,
  });
}

/** FFMPEG_NOT_FOUND with what to do. */
export function notFound(cause: NodeJS.ErrnoException): HlsStreamError {
  return new HlsStreamError(
    'FFMPEG_NOT_FOUND',
    `there is no program ${cause.path ?? 'ffmpeg'}; install ffmpeg 5.1 or later, or name it with --ffmpeg`,
    { cause },
  );
}

/** How many of the last lines may be needed to say why. */
const REASON_LINES = 3;

/**
 * What the last lines say of their own: the demuxer that found the fault speaks before the line that names the
 * input, and the summary that ffmpeg ends with says only that it failed.
 */
function meaningful(lines: readonly string[]): string | undefined {
  const empty =
    /^(conversion failed|exiting normally|error while (filtering|processing)|error opening (in|out)put files?:|at least one output|last message repeated|did you mean |to ignore this|ffmpeg version |\s)/i;
  const own = lines.filter((text) => !empty.test(text));
  const reasons = (own.length > 0 ? own : lines.slice(-1)).map((line) =>
    line.replace(/^(\[[^\]]*@ 0x[0-9a-f]+\]\s*)+/, '').trim(),
  );
  return [...new Set(reasons)].slice(-REASON_LINES).join('; ') || undefined;
}

/** Stands in for the stdin of a program that reads nothing. */
function closedInput(): Writable {
  return new Writable().destroy();
}
