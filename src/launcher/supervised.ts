import type { ChildProcess } from 'node:child_process';
import { backOff, type Milliseconds, millisecondsToSeconds, RESTART } from '../clock.ts';
import type { ErrorRecord } from '../errors.ts';
import { CHILD_HANGS, CHILD_NEVER_CAME, HEARTBEAT, Silence } from '../heartbeat.ts';
import { signalGroup } from '../program/running.ts';

/** A child left although nobody told it to. */
export interface Departure {
  readonly label: string;
  readonly pid: number | undefined;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** How often it has left so far, this time included. */
  readonly times: number;
  /** Milliseconds until what failed is tried again: until it is started, or opens its source. */
  readonly pause: number;
  /** When it may open its source again, in milliseconds since the Unix epoch: it is started sooner, and fills until then. */
  readonly sourceAt?: number;
  /** Why, if it could say so. */
  readonly error: ErrorRecord | undefined;
}

/** What the supervisor of a child tells its owner. */
export interface SupervisedEvents {
  /** A new process runs: attach to it. */
  started(child: ChildProcess): void;
  /** The child serves. `facts` are its own. */
  ready(facts: Readonly<Record<string, unknown>>): void;
  /** It does not answer any more, and is being ended. */
  hangs(error: ErrorRecord): void;
  /** It left and will be started again. */
  left(departure: Departure): void;
  /** It failed before it ever served: starting it again would not help. */
  failed(error: ErrorRecord): void;
  /** Whether what it left with is its source's failure, which is held off in its place. @default none is */
  blamesSource?(error: ErrorRecord): boolean;
  /** Any other message whose first element is a string. */
  message(message: readonly unknown[]): void;
}

/** How long one that hangs has to heed SIGTERM, in milliseconds: it may only be stopped by a debugger. */
const TERM_MS = 300;

/** Keeps one child alive, and answering, until it is told to stop. */
export class Supervised {
  readonly label: string;
  readonly #spawn: (predecessor: Departure | undefined) => ChildProcess;
  readonly #events: SupervisedEvents;
  #child: ChildProcess | undefined;
  /** What waits until the child listens: a cluster worker that still loads its code drops what it is sent. */
  #held: (readonly unknown[])[] | undefined = [];
  #restart: NodeJS.Timeout | undefined;
  #stopping = false;
  #served = false;
  #times = 0;
  #quick = 0;
  /** From when on its life counts, in monotonic milliseconds. */
  #livesFrom = 0;
  #error: ErrorRecord | undefined;
  /** Process groups of the programs that it runs. */
  readonly #programs = new Set<number>();
  #departure: Departure | undefined;

  /**
   * @param label names the child in the log: `api 2`
   * @param spawn starts a process; it is told how the one before left
   */
  constructor(
    label: string,
    spawn: (predecessor: Departure | undefined) => ChildProcess,
    events: SupervisedEvents,
  ) {
    this.label = label;
    this.#spawn = spawn;
    this.#events = events;
  }

  /** Starts the child. */
  start(): void {
    const child = this.#spawn(this.#departure);
    this.#child = child;
    this.#held = [];
    const { sourceAt = 0, pause = 0 } = this.#departure ?? {};
    // The wall clock may have been set meanwhile.
    this.#livesFrom = performance.now() + Math.min(pause, Math.max(0, sourceAt - Date.now()));
    this.#error = undefined;
    child.on('message', (message) => this.#heed(message));
    // A child that cannot be started or spoken to has left, or will leave in a moment.
    child.on('error', (error) => {
      this.#error ??= { code: 'CHILD_FAILED', message: `${this.label}: ${error.message}` };
      if (child.pid === undefined) this.#left(child, null, null);
    });
    child.once('exit', (code, signal) => this.#left(child, code, signal));
    this.#listen(child);
    this.#events.started(child);
  }

  /**
   * Tells the child to leave in good order; resolves when it has. After `timeout` milliseconds it is ended.
   */
  async stop(timeout: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    const child = this.#child;
    if (child === undefined) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    this.send(['stop']);
    const timer = setTimeout(() => child.kill('SIGKILL'), timeout);
    await gone;
    clearTimeout(timer);
  }

  /** Sends the child a message, if it runs; one that does not listen yet gets it when it does. */
  send(message: readonly unknown[]): void {
    if (this.#child === undefined) return;
    if (this.#held === undefined) sendTo(this.#child, message);
    else this.#held.push(message);
  }

  /** Ends the child at once. */
  kill(): void {
    this.#stopping = true;
    clearTimeout(this.#restart);
    this.#child?.kill('SIGKILL');
  }

  /** Asks the child again and again whether it still answers. */
  #listen(child: ChildProcess): void {
    const silence = new Silence(performance.now());
    let allowed = CHILD_NEVER_CAME;
    child.on('message', () => {
      silence.heard();
      allowed = CHILD_HANGS;
    });
    const timer = setInterval(() => {
      sendTo(child, ['ping']);
      if (silence.look(performance.now()) < allowed) return;
      clearInterval(timer);
      this.#hangs(child, allowed);
    }, HEARTBEAT);
    child.once('exit', () => clearInterval(timer));
    // One that could not be started says no more than that.
    child.once('error', () => child.pid === undefined && clearInterval(timer));
  }

  #hangs(child: ChildProcess, silent: Milliseconds): void {
    const seconds = millisecondsToSeconds(silent);
    this.#error = {
      code: 'CHILD_HANGS',
      message: `${this.label} has not answered for ${seconds} s: it was stopped, or is caught in a loop`,
    };
    this.#events.hangs(this.#error);
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), TERM_MS);
    child.once('exit', () => clearTimeout(timer));
  }

  #heed(message: unknown): void {
    if (!Array.isArray(message) || typeof message[0] !== 'string' || message[0] === 'pong') return;
    if (message[0] === 'listening') {
      const held = this.#held ?? [];
      this.#held = undefined;
      for (const one of held) this.send(one);
    } else if (message[0] === 'program') {
      const [, pid, runs] = message as [string, number, boolean];
      if (runs) this.#programs.add(pid);
      else this.#programs.delete(pid);
    } else if (message[0] === 'ready') {
      this.#served = true;
      this.#events.ready((message[1] ?? {}) as Readonly<Record<string, unknown>>);
    } else if (message[0] === 'failed') {
      this.#error = message[1] as ErrorRecord;
    } else {
      this.#events.message(message);
    }
  }

  #left(child: ChildProcess, code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#endPrograms();
    if (this.#stopping) return;
    if (!this.#served) {
      this.#stopping = true;
      const message = `${this.label} left (${signal ?? `code ${code}`}) before it was ready`;
      this.#events.failed(this.#error ?? { code: 'CHILD_FAILED', message });
      return;
    }
    this.#times += 1;
    // One that has lived for long is started again at once: its viewers wait.
    this.#quick = performance.now() - this.#livesFrom >= RESTART.worked ? 0 : this.#quick + 1;
    const pause = backOff(this.#quick, RESTART.first, RESTART.longest);
    const { label } = this;
    const error = this.#error;
    const holdsOff =
      pause > RESTART.first && error !== undefined && this.#events.blamesSource?.(error) === true;
    this.#departure = {
      ...{ label, pid: child.pid, code, signal, times: this.#times, pause, error },
      ...(holdsOff && { sourceAt: Date.now() + pause }),
    };
    this.#restart = setTimeout(() => this.start(), holdsOff ? RESTART.first : pause);
    this.#events.left(this.#departure);
  }

  /** What a child that was killed left behind may hang, and would not notice that nobody reads it. */
  #endPrograms(): void {
    for (const pid of this.#programs) signalGroup(pid, 'SIGKILL');
    this.#programs.clear();
  }
}

/** Sends to a child that may just have died: the callback keeps an EPIPE from becoming an unhandled error. */
function sendTo(child: ChildProcess, message: readonly unknown[]): void {
  if (!child.connected) return;
  child.send(message as unknown as string, undefined, undefined, () => {});
}
