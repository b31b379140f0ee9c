import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { packageFile } from '../package-file.ts';
import { BoundedLines } from '../program/bounded-lines.ts';
import { foreignEnvironment } from '../program/environment.ts';
import { LastLines } from '../program/last-lines.ts';
import { programBegan, signalGroup } from '../program/running.ts';

/** Longest answer, in bytes. */
const LONGEST = 1 << 20;
/** How long a program may go on that has closed a pipe, or was told to end, in milliseconds. */
const [CLOSED_MS, TERM_MS] = [1000, 500];
/** How long what it wrote last may be on its way when it has ended, in milliseconds. */
const REST_MS = 200;

/** Where `hlsstream.py` lies. */
const CLIENTS = packageFile('dist/web/clients');

/** A program in Python imports it from wherever it lies itself; modules of its own come first. */
function pythonPath({ PYTHONPATH = '' } = process.env): string {
  return [...PYTHONPATH.split(delimiter), CLIENTS].filter((folder) => folder !== '').join(delimiter);
}

/** Who hears what the program writes. */
export interface ExecProgramListener {
  onLine(line: string): void;
  onTooLong(): void;
  onStderr(line: string): void;
}

/** A detector's own program, in a process group of its own. */
export interface ExecProgram {
  /** Resolves when it cannot answer any more, to why; never rejects. */
  readonly failed: Promise<string>;
  /** Writes to its standard input; what it does not read is kept, so one picture at a time. */
  write(...chunks: readonly Uint8Array[]): void;
  /** Ends it and all that it started: SIGTERM, then SIGKILL; resolves when it has left. */
  end(): Promise<void>;
}

/** Starts the program. One that cannot be started has failed at once. */
export function startProgram(words: readonly string[], listener: ExecProgramListener): ExecProgram {
  const [path = '', ...args] = words;
  const child = spawn(path, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    env: { ...foreignEnvironment(), PYTHONUNBUFFERED: '1', PYTHONPATH: pythonPath() },
  });
  const { pid } = child;
  const kill = () => pid !== undefined && signalGroup(pid, 'SIGKILL');
  const ended = pid === undefined ? () => {} : programBegan({ pid, kill });
  const last = new LastLines(1, listener.onStderr);
  const lines = new BoundedLines({ longest: LONGEST, ...listener });
  child.stderr.setEncoding('utf8').on('data', (text: string) => last.add(text));
  child.stdout.on('data', (chunk: Buffer) => lines.add(chunk));
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => pid === undefined && resolve(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => {
      // What it started itself does not go on without it.
      kill();
      ended();
      const closed = new Promise<void>((done) => child.once('close', () => done()));
      void Promise.race([closed, pause(REST_MS, undefined, { ref: false })]).then(() => {
        last.end();
        const [words] = last.all();
        resolve(`left (${signal ?? `code ${code}`})${words === undefined ? '' : `: ${words}`}`);
      });
    });
  });
  const failed = new Promise<string>((resolve) => {
    void exited.then(resolve);
    // One that ends closes all of them: then it is said how it ended.
    const closed = (what: string) =>
      void pause(CLOSED_MS, undefined, { ref: false }).then(() => resolve(`has closed its standard ${what}`));
    child.stdin.once('error', () => closed('input'));
    child.stdout.once('close', () => closed('output'));
  });
  return {
    failed,
    write(...chunks) {
      for (const chunk of chunks) child.stdin.write(chunk);
    },
    async end() {
      if (pid === undefined) return;
      if (child.exitCode === null && child.signalCode === null) signalGroup(pid, 'SIGTERM');
      child.stdin.destroy();
      const timer = setTimeout(kill, TERM_MS);
      await exited;
      clearTimeout(timer);
      child.stdout.destroy();
      child.stderr.destroy();
    },
  };
}
