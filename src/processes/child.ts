import { basename } from 'node:path';
import type { Config } from '../config/config.ts';
import { HlsStreamError, messageOf } from '../errors.ts';
import { guard } from './guard.ts';
import { heedLauncher } from './heed-launcher.ts';
import type { Host, Predecessor } from './host.ts';
import { launched, reportFailure } from './last-words.ts';
import { removeSockets } from './local-sockets.ts';
import { createLogger } from './logger.ts';

/** The processes the launcher starts. */
export type Role = 'sync' | 'input' | 'stream' | 'detect' | 'hooks' | 'api';

/**
 * What every child process is given by {@link asChild}. It stops when the launcher says so or is gone, or a signal came;
 * it crashes when an exception was caught by nobody, in a timer of a module for example.
 */
export interface Child extends Host {
  readonly role: Role;
  readonly config: Config;
  /**
   * Calls `listener` when an operator wants files such as certificates read again (SIGHUP); at once, if that was
   * while this process still started.
   */
  onReload(listener: () => void): void;
  /** What is wrong with this process's siblings now, in sentences; empty for one that is run by hand. */
  troubles(): readonly string[];
}

/** How long a process may go on after an exception that nobody caught, in milliseconds. */
const CRASH_MS = 2000;

/** How long a process whose launcher is gone may take to leave in good order, in milliseconds. */
const LEAVE_MS = 3000;

/** Environment variable in which the launcher says how the process before this one ended. */
const PREDECESSOR = 'HLSSTREAM_PREDECESSOR';

/**
 * Sets up a child process: logger, orderly stop, leaving when the launcher is gone. Under a launcher the
 * terminal's Ctrl-C reaches the whole process group, so signals are left to the launcher, which tells its
 * children in order; run by hand, a child heeds them itself.
 */
export function asChild(role: Role, config: Config): Child {
  const log = createLogger(role, config.logLevel);
  guard(config);
  const stop = new AbortController();
  const leave = () => stop.abort();
  const reloading: (() => void)[] = [];
  let troubles: readonly string[] = [];
  let leavesOpen = false;
  let reloadAsked = false;
  const reload = () => {
    reloadAsked = true;
    for (const listener of reloading) listener();
  };
  if (launched) {
    process.on('SIGINT', () => {});
    process.on('SIGTERM', () => {});
    process.on('SIGHUP', () => {});
    heedLauncher({
      stop: leave,
      reload,
      leaveOpen: (open) => {
        leavesOpen = open;
      },
      troubles: (now) => {
        troubles = now;
      },
      gone: (how, hangs) => {
        if (stop.signal.aborted) return;
        log.warn(`${how}; leaving`);
        if (!hangs) removeSockets();
        // One that goes on later hears why.
        else
          process.send?.(
            ['failed', { code: 'LAUNCHER_HANGS', message: how }],
            undefined,
            undefined,
            () => {},
          );
        leave();
        // Whatever still holds on is cut off: nothing may outlive its launcher.
        setTimeout(() => process.exit(1), LEAVE_MS).unref();
      },
    });
  } else {
    process.once('SIGINT', leave);
    process.once('SIGTERM', leave);
    process.on('SIGHUP', reload);
  }
  const ready = (facts: Readonly<Record<string, unknown>> = {}) => {
    if (launched) process.send?.(['ready', facts], undefined, undefined, () => {});
  };
  const onReload = (listener: () => void) => {
    reloading.push(listener);
    // What it is about may have been read before it was asked for.
    if (reloadAsked) listener();
  };
  const crashed = new Promise<never>((_, reject) => {
    process.on('uncaughtException', (error) => {
      const failure = blamed(error, role, config);
      reject(failure);
      // Whoever waits for it closes what is open; then this process ends, whatever hangs.
      setTimeout(() => void reportFailure(failure).then((code) => process.exit(code)), CRASH_MS);
    });
  });
  // Whoever does not wait for it is told by the one who does.
  crashed.catch(() => {});
  return {
    ...{ role, config, log, stopping: stop.signal, predecessor: predecessor(), crashed, onReload, ready },
    troubles: () => troubles,
    leavesOpen: () => leavesOpen,
    drained: () => {
      if (launched) process.send?.(['drained'], undefined, undefined, () => {});
    },
  };
}

/** What the launcher says of the process before this one. */
function predecessor(): Predecessor | undefined {
  const text = process.env[PREDECESSOR];
  return text === undefined || text === '' ? undefined : (JSON.parse(text) as Predecessor);
}

/** An exception that nobody caught, as the failure of the module it came out of. */
function blamed(error: unknown, role: Role, { source, detector }: Config): unknown {
  const path =
    role === 'stream' ? source : role === 'detect' ? (detector[0] ?? '').replace(/^[\w.-]+=/, '') : '';
  const name = basename(path);
  if (!/\.[a-z]+$/i.test(name) || !(error instanceof Error) || !error.stack?.includes(`/${name}`))
    return error;
  const [code, kind] =
    role === 'stream' ? (['SOURCE_FAILED', 'source'] as const) : (['DETECTOR_FAILED', 'detector'] as const);
  return new HlsStreamError(code, `the ${kind} module ${path} failed: ${messageOf(error)}`, { cause: error });
}
