import { type ChildProcess, fork } from 'node:child_process';
import cluster from 'node:cluster';
import { rmSync } from 'node:fs';
import type { Logger } from 'pino';
import { millisecondsToSeconds } from '../clock.ts';
import { childEnvironment } from '../config/child-environment.ts';
import type { Config } from '../config/config.ts';
import { isNoDetector } from '../config/detection.ts';
import { type ErrorRecord, fromErrorRecord, type HlsStreamError } from '../errors.ts';
import { makeSocketFolder, socketIn } from '../local-socket.ts';
import { packageFile } from '../package-file.ts';
import { Relay } from './relay.ts';
import { type Departure, Supervised } from './supervised.ts';

/** The program every child is a role of, so that `ps` shows what it is. */
const PROGRAM = packageFile('bin/hlsstream.js');

/**
 * How long each kind of child may take to leave, in milliseconds, in the order they are told to: whoever
 * writes first, the store last. Together below ten seconds.
 */
const FAREWELL = { detect: 1000, stream: 4000, input: 500, hooks: 450, api: 3000, sync: 1000 } as const;

/** Codes of errors that a source makes once it runs: it fills while that is held off. */
const SOURCE_FAILURES: ReadonlySet<string> = new Set(['SOURCE_FAILED', 'SOURCE_SIZE', 'MODULE_INVALID']);

type Role = keyof typeof FAREWELL;

/** What the launcher tells its owner. */
export interface LauncherEvents {
  /** The API serves, whether there is something to play yet or not; called once. */
  serving(): void;
  /** So many watch now, all API children together. */
  viewers?(count: number): void;
  /** The source has ended, and all that it gave is listed. */
  drained?(): void;
  /** The first segment can be played at this port; told once. */
  playable(port: number): void;
  /** A child could not even start; the others are being stopped. */
  failed(error: HlsStreamError): void;
}

/** Forks the children, carries the store's messages between them, restarts what dies, stops them in order. */
export class Launcher {
  readonly #config: Config;
  readonly #log: Logger;
  readonly #events: LauncherEvents;
  readonly #relay = new Relay();
  readonly #children: Record<Role, Supervised[]>;
  readonly #environment: NodeJS.ProcessEnv;
  /** Where the local sockets of the children lie. */
  readonly #socketFolder: string;
  /** What is wrong with children now, by label. */
  readonly #troubles = new Map<string, string>();
  /** How many watch at each API child, by label. */
  readonly #viewers = new Map<string, number>();
  #leavesOpen = false;
  #serving = false;
  #playable = false;
  #stopping: Promise<void> | undefined;

  constructor(config: Config, log: Logger, events: LauncherEvents) {
    this.#config = config;
    this.#log = log;
    this.#events = events;
    const reads = config.source === '-';
    this.#socketFolder = makeSocketFolder();
    this.#environment = {
      // Not on the command line, where `ps` shows the role.
      NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --max-old-space-size=${config.memory}`.trimStart(),
      HLSSTREAM_LAUNCHED: '1',
      HLSSTREAM_INPUT_SOCKET: reads ? socketIn(this.#socketFolder, 'frames') : '',
      HLSSTREAM_PICTURES_SOCKET: socketIn(this.#socketFolder, 'pictures'),
    };
    // Round robin hands a connection to a worker that has just died, and it hangs; this lets workers accept.
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    cluster.setupPrimary({ exec: PROGRAM, args: ['api'], serialization: 'advanced' });
    const workers = Array.from({ length: config.apiWorkers }, (_, index) =>
      this.#supervise('api', config.apiWorkers === 1 ? 'api' : `api ${index + 1}`),
    );
    this.#children = {
      // With a store of its own address, every child goes there itself.
      sync: config.store === undefined ? [this.#supervise('sync', 'sync')] : [],
      input: reads ? [this.#supervise('input', 'input')] : [],
      stream: [this.#supervise('stream', 'stream')],
      detect: config.detector.flatMap((detector, place, { length }) =>
        isNoDetector(detector)
          ? []
          : [this.#supervise('detect', length === 1 ? 'detect' : `detect ${place + 1}`, place)],
      ),
      hooks:
        config.webhook.length > 0 || config.mqtt !== undefined ? [this.#supervise('hooks', 'hooks')] : [],
      api: workers,
    };
  }

  /** Starts all children. */
  start(): void {
    for (const role of ['sync', 'input', 'stream', 'detect', 'hooks', 'api'] as const) {
      for (const child of this.#children[role]) child.start();
    }
  }

  /** Lets the API children read their certificate again. */
  reload(): void {
    for (const child of this.#children.api) child.send(['reload']);
  }

  /** Whether the stream is left open when its source ends. */
  leaveOpen(open: boolean): void {
    this.#leavesOpen = open;
    for (const child of this.#children.stream) child.send(['leave-open', open]);
  }

  /** Stops all children in order; resolves when the last has left. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopInOrder();
    return this.#stopping;
  }

  /** Ends all children at once. */
  kill(): void {
    for (const child of Object.values(this.#children).flat()) child.kill();
    this.#removeSocket();
  }

  async #stopInOrder(): Promise<void> {
    for (const role of Object.keys(FAREWELL) as Role[]) {
      await Promise.all(this.#children[role].map((child) => child.stop(FAREWELL[role])));
    }
    this.#removeSocket();
  }

  #removeSocket(): void {
    rmSync(this.#socketFolder, { recursive: true, force: true });
  }

  #supervise(role: Role, label: string, place?: number): Supervised {
    const { host, name } = this.#config;
    return new Supervised(label, (predecessor) => this.#spawn(role, predecessor, place), {
      started: (child) => {
        this.#log.debug({ child: label, pid: child.pid }, 'started');
        if (role === 'sync') this.#relay.attachSync(child);
        else this.#relay.attachClient(child);
      },
      ready: (facts) => {
        this.#log.info({ child: label, ...facts }, 'ready');
        this.#troubles.delete(label);
        if (role === 'api' && !this.#serving) this.#events.serving();
        this.#serving ||= role === 'api';
        if (role === 'stream' && this.#leavesOpen) this.leaveOpen(true);
        this.#publishTroubles();
      },
      hangs: ({ code, message }) => {
        this.#log.error({ child: label, reason: code }, `${message}; ending it`);
        this.#troubles.set(label, message);
        this.#publishTroubles();
      },
      blamesSource: ({ code }) => role === 'stream' && SOURCE_FAILURES.has(code),
      left: (departure) => this.#reportDeparture(departure),
      failed: (error) => this.#fail(label, error),
      message: ([type, facts]) => {
        if (type === 'drained') this.#events.drained?.();
        if (type === 'viewers') this.#watched(label, facts as number);
        if (type !== 'playable' || this.#playable) return;
        this.#playable = true;
        const { port } = facts as { port: number };
        this.#log.info({ stream: name, host, port }, 'playable');
        this.#events.playable(port);
      },
    });
  }

  #spawn(role: Role, predecessor: Departure | undefined, place: number | undefined): ChildProcess {
    const environment = { ...childEnvironment(process.env, this.#config, role), ...this.#environment };
    if (role === 'api') return cluster.fork(environment).process;
    const stdin = role === 'input' ? 'inherit' : 'ignore';
    return fork(PROGRAM, [role], {
      env: {
        ...environment,
        HLSSTREAM_PREDECESSOR: lastWords(predecessor),
        HLSSTREAM_DETECTOR_PLACE: String(place ?? ''),
      },
      serialization: 'advanced',
      stdio: [stdin, 'inherit', 'inherit', 'ipc'],
    });
  }

  /** Lets whoever asks `/readyz` know at once, not only when another process could say so. */
  #publishTroubles(): void {
    for (const child of this.#children.api) child.send(['troubles', [...this.#troubles.values()]]);
  }

  #watched(label: string, count: number): void {
    this.#viewers.set(label, count);
    this.#events.viewers?.([...this.#viewers.values()].reduce((sum, one) => sum + one, 0));
  }

  #reportDeparture(departure: Departure): void {
    if (this.#viewers.has(departure.label)) this.#watched(departure.label, 0);
    const { label, pid, code, signal, times, pause, sourceAt, error } = departure;
    const next = sourceAt === undefined ? 'starting it again' : 'trying its source again';
    const when = pause === 0 ? 'at once' : `in ${millisecondsToSeconds(pause)} s`;
    this.#log.error(
      {
        ...{ child: label, pid, code, signal, times, restartInMs: pause },
        ...(error && { reason: error.code, ...(error.stack && { stack: error.stack }) }),
      },
      `${label} left: ${reasonOf(departure)}; ${next} ${when}${times === 1 ? '' : ` (it has left ${times} times)`}`,
    );
    this.#troubles.set(label, `${label} left: ${reasonOf(departure)}`);
    this.#publishTroubles();
  }

  #fail(label: string, error: ErrorRecord): void {
    const { code, message, stack } = error;
    if (stack === undefined) this.#log.debug({ child: label, reason: code }, message);
    else this.#log.error({ child: label, reason: code, stack }, `${label} failed to start: ${message}`);
    if (this.#stopping) return;
    this.#events.failed(fromErrorRecord(error));
  }
}

/** Why a child left: as it said itself, or as it was seen. */
function reasonOf({ error, signal, code }: Departure): string {
  if (error !== undefined) return error.message;
  if (signal === 'SIGABRT') return 'it was ended by SIGABRT, as one is that needs more than --memory';
  return signal === null ? `it ended with code ${code} and said nothing` : `it was ended by ${signal}`;
}

/** What the process that follows is told of how the one before it ended. */
function lastWords(departure: Departure | undefined): string {
  if (departure === undefined) return '';
  const { label, error, sourceAt } = departure;
  const failure = error ?? { code: 'CHILD_FAILED', message: `${label} left: ${reasonOf(departure)}` };
  return JSON.stringify({ ...failure, ...(sourceAt && { sourceAt }) });
}
