import { millisecondsToSeconds } from '../clock.ts';
import { HEARTBEAT, LAUNCHER_HANGS, Silence } from '../heartbeat.ts';
import { watchPrograms } from '../program/running.ts';

/** What a launcher may want of its child. */
export interface LauncherListener {
  /** Leave in good order. */
  stop(): void;
  /** Read certificates and the like again. */
  reload(): void;
  /** Whether the stream is left open when its source ends. */
  leaveOpen(open: boolean): void;
  /** What is wrong with its other children now, in sentences. */
  troubles(now: readonly string[]): void;
  /** It has left, or `hangs`; `how` says it in words. */
  gone(how: string, hangs: boolean): void;
}

/**
 * Listens to the launcher that forked this process, and tells it so: answers that it still runs, and says which programs
 * it runs, so that none is left if it is killed. A launcher that is silent for long hangs, and nobody would replace what
 * dies.
 */
export function heedLauncher(listener: LauncherListener): void {
  const silence = new Silence(performance.now());
  const send = (message: unknown[]) => process.send?.(message, undefined, undefined, () => {});
  process.on('message', (message) => {
    silence.heard();
    if (!Array.isArray(message)) return;
    if (message[0] === 'ping') send(['pong']);
    else if (message[0] === 'stop') listener.stop();
    else if (message[0] === 'reload') listener.reload();
    else if (message[0] === 'leave-open') listener.leaveOpen(message[1] === true);
    else if (message[0] === 'troubles') listener.troubles(message[1] as string[]);
  });
  send(['listening']);
  process.once('disconnect', () => listener.gone('the launcher is gone', false));
  watchPrograms((pid, runs) => send(['program', pid, runs]));
  const timer = setInterval(() => {
    if (silence.look(performance.now()) < LAUNCHER_HANGS) return;
    clearInterval(timer);
    listener.gone(`the launcher has said nothing for ${millisecondsToSeconds(LAUNCHER_HANGS)} s`, true);
  }, HEARTBEAT);
  timer.unref();
}
