import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { createLogger } from './logger.ts';

/** The processes the launcher starts. */
export type Role = 'sync' | 'stream' | 'detect' | 'api';

/** What every child process is given by {@link asChild}. */
export interface Child {
  readonly role: Role;
  readonly config: Config;
  readonly log: Logger;
  /** Aborts when the process is to leave in good order: the launcher said so, it is gone, or a signal came. */
  readonly stopping: AbortSignal;
  /** Calls `listener` when an operator wants files such as certificates read again (SIGHUP). */
  onReload(listener: () => void): void;
  /** Tells the launcher that this child serves; `facts` are the child's own (the API says its port). */
  ready(facts?: Readonly<Record<string, unknown>>): void;
}

/** True when a launcher started this process, false when a person did. */
export const launched = process.send !== undefined && process.env.HLSSTREAM_LAUNCHED === '1';

/**
 * Sets up a child process: logger, orderly stop, leaving when the launcher is gone. Under a launcher the
 * terminal's Ctrl-C reaches the whole process group, so signals are left to the launcher, which tells its
 * children in order; run by hand, a child heeds them itself.
 */
export function asChild(role: Role, config: Config): Child {
  const log = createLogger(role, config.logLevel);
  const stop = new AbortController();
  const leave = () => stop.abort();
  const reloading: (() => void)[] = [];
  const reload = () => {
    for (const listener of reloading) listener();
  };
  if (launched) {
    process.on('SIGINT', () => {});
    process.on('SIGTERM', () => {});
    process.on('SIGHUP', () => {});
    process.on('message', (message) => {
      if (!Array.isArray(message)) return;
      if (message[0] === 'stop') leave();
      else if (message[0] === 'reload') reload();
    });
    process.once('disconnect', () => {
      if (stop.signal.aborted) return;
      log.warn('the launcher is gone; leaving');
      leave();
      // Whatever still holds on is cut off: nothing may outlive its launcher.
      setTimeout(() => process.exit(1), 3000).unref();
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
  };
  return { role, config, log, stopping: stop.signal, onReload, ready };
}

/** Resolves when the signal has aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
