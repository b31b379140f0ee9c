import { execFile } from 'node:child_process';
import type { Logger } from 'pino';
import { type Microseconds, toMilliseconds } from '../clock.ts';

/** What systemd is told of the service. */
export interface ServiceReport {
  /** The service is up. */
  ready(): void;
  /** It is being stopped in order. */
  stopping(): void;
  /** Ends the watchdog's beats. */
  close(): void;
}

const NOT_A_SERVICE: ServiceReport = { ready() {}, stopping() {}, close() {} };

/**
 * Reports to systemd where it asks for it: a unit of `Type=notify` is up when the API serves, and one with
 * `WatchdogSec=` is started again when the launcher itself hangs. Through `systemd-notify` (sd_notify(3),
 * sd_watchdog_enabled(3)), for Node opens no datagram sockets; the unit needs `NotifyAccess=all`.
 */
export function reportToSystemd(log: Logger, environment: NodeJS.ProcessEnv = process.env): ServiceReport {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: period, WATCHDOG_PID: watched } = environment;
  if (!socket) return NOT_A_SERVICE;
  let failed = false;
  const notify = (...states: string[]) =>
    execFile('systemd-notify', [`--pid=${process.pid}`, ...states], { env: environment }, (error) => {
      if (error !== null && !failed) log.warn({ err: error }, 'systemd cannot be notified');
      failed = error !== null;
    });
  const watches = period && (!watched || Number(watched) === process.pid);
  const usec: Microseconds = Number(period);
  // Twice in the time after which systemd gives up.
  const timer = watches ? setInterval(() => notify('WATCHDOG=1'), toMilliseconds(usec) / 2) : undefined;
  timer?.unref();
  return {
    ready: () => void notify('READY=1'),
    stopping: () => void notify('STOPPING=1'),
    close: () => clearInterval(timer),
  };
}
