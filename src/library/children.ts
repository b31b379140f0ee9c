import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { fromSeconds, type Microseconds, toSeconds, within } from '../clock.ts';
import { OWNED } from '../config/child-environment.ts';
import { type Config, toEnvironment } from '../config/config.ts';
import { type ErrorCode, errorCodes, HlsStreamError } from '../errors.ts';
import { packageFile } from '../package-file.ts';
import type { WrittenFrames } from '../source/written-frames.ts';
import { type LogEntry, readLogLine } from './log-entry.ts';
import { type Closer, withTemporaryFolder } from './places.ts';
import { DRAIN_MS, type Running, type RunOptions } from './running.ts';

const PROGRAM = packageFile('bin/hlsstream.js');

/** How long the children may take to leave before they are killed, in milliseconds. */
const LEAVE_MS = 15_000;

/** Runs a stream in the children of a launcher of its own, which reads its frames from a pipe. */
export async function runInChildren({ chosen, written, report, failed }: RunOptions): Promise<Running> {
  const closers: Closer[] = [];
  const config = chosen.isTemporary ? await withTemporaryFolder(chosen.config, closers) : chosen.config;
  const child = startLauncher(config, written !== undefined, report);
  const left = once(child, 'exit');
  let viewers = 0;
  let closing = false;
  const closeAll = async () => {
    for (const close of closers.reverse()) await close();
  };
  child.on('message', (message) => {
    if (Array.isArray(message) && message[0] === 'viewers') viewers = Number(message[1]);
  });
  const lastWords = readWords(child, report);
  const gone = left.then(async () => errorIn(await lastWords));
  const serving = messageNamed(child, 'serving');
  const first = await Promise.race([serving, gone]);
  if (first instanceof HlsStreamError) {
    await closeAll();
    throw first;
  }
  // Also if this process is killed, and the pipe closes.
  child.send(['leave-open', true], () => {});
  const pumping = written && pump(written, child.stdin as Writable, config);
  void gone.then((error) => {
    if (!closing) failed(error);
  });
  return {
    port: Number(first),
    viewers: () => viewers,
    async close(end) {
      closing = true;
      if (pumping !== undefined && child.connected) {
        const drained = messageNamed(child, 'drained');
        child.send(['leave-open', !end], () => {});
        written?.end();
        await within(Promise.race([pumping.then(() => drained), gone]), DRAIN_MS);
      }
      written?.end();
      if (child.connected) child.send(['stop'], () => {});
      if ((await within(left, LEAVE_MS)) === 'late') child.kill('SIGKILL');
      await left;
      await closeAll();
    },
  };
}

function startLauncher(config: Config, isWritten: boolean, report: (entry: LogEntry) => void): ChildProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('HLSSTREAM_'));
  const child = fork(PROGRAM, ['start'], {
    env: { ...Object.fromEntries(inherited), ...toEnvironment(config), [OWNED]: '1' },
    execArgv: [],
    serialization: 'advanced',
    stdio: [isWritten ? 'pipe' : 'ignore', 'ignore', 'pipe', 'ipc'],
  });
  child.on('error', (error) => report({ level: 'error', message: error.message, facts: {} }));
  // Whoever wrote hears that it is gone.
  child.stdin?.on('error', () => {});
  return child;
}

/** What follows the word in a message of the child. */
function messageNamed(child: ChildProcess, word: string): Promise<unknown> {
  return new Promise((resolve) => {
    child.on('message', (message) => {
      if (Array.isArray(message) && message[0] === word) resolve(message[1]);
    });
  });
}

/** Passes its log on; resolves, when it says no more, to the last line that was none of the log. */
async function readWords(child: ChildProcess, report: (entry: LogEntry) => void): Promise<string> {
  let last = '';
  for await (const line of createInterface({ input: child.stderr as NodeJS.ReadableStream })) {
    const entry = readLogLine(line);
    if (entry !== undefined) report(entry);
    else if (/\[[A-Z_]+\]$/.test(line) || last === '') last = line;
  }
  return last;
}

function errorIn(line: string): HlsStreamError {
  const [, message = line, code = ''] = /^hlsstream: (.*) \[([A-Z_]+)\]$/.exec(line) ?? [];
  const known = (errorCodes as readonly string[]).includes(code);
  const text = message === '' ? 'the processes of the stream have left and said nothing' : message;
  return new HlsStreamError(known ? (code as ErrorCode) : 'CHILD_FAILED', text);
}

/** Writes frames into the pipe as lines and bytes, until no more come; then closes it. */
async function pump(written: WrittenFrames, pipe: Writable, { fps }: Config): Promise<void> {
  const never = new AbortController().signal;
  // A clock that begins anew goes on in the pipe: there is no word for it.
  let offset: Microseconds = 0;
  let last: Microseconds | undefined;
  // Of a frame that is in the pipe already.
  written.onLate((said, given) => {
    const words = 'objects' in said ? { objects: said.objects } : { markers: [given] };
    pipe.write(`${JSON.stringify({ of: said.frame.number, ...words })}\n`);
  });
  for (let frame = await written.next(never); frame !== undefined; frame = await written.next(never)) {
    const { number: seq, said, objects, pixels, discontinuity } = frame;
    if (discontinuity && last !== undefined) offset = last + fromSeconds(1 / fps) - frame.pts;
    last = frame.pts + offset;
    const line = { seq, pts: toSeconds(last), ...(said.length > 0 && { markers: said }), objects };
    pipe.write(`${JSON.stringify(line)}\n`);
    await new Promise<void>((resolve) => {
      pipe.write(pixels, () => resolve());
    });
  }
  pipe.end();
}
