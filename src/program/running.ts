/** A program that is not ours, in a process group of its own: a Ctrl-C at the terminal is meant for the launcher. */
export interface ProgramGroup {
  /** Its pid, which is that of its process group. */
  readonly pid: number;
  /** Ends it and whatever it started, at once (SIGKILL). Safe at any time. */
  kill(): void;
}

/** Programs that run now. None may outlive this process, however it leaves. */
const running = new Set<ProgramGroup>();

/** Hears of each program. */
let watcher: ((pid: number, runs: boolean) => void) | undefined;

/** From now on `listener` is called with each program that begins or has ended: its pid is that of its process group. */
export function watchPrograms(listener: (pid: number, runs: boolean) => void): void {
  watcher = listener;
}

/** Notes that a program runs, so that it does not outlive this process; returns what is to be called when it has ended. */
export function programBegan(program: ProgramGroup): () => void {
  if (running.size === 0) process.on('exit', killAll);
  running.add(program);
  watcher?.(program.pid, true);
  return () => {
    if (!running.delete(program)) return;
    watcher?.(program.pid, false);
    if (running.size === 0) process.removeListener('exit', killAll);
  };
}

function killAll(): void {
  for (const program of running) program.kill();
}

/** Sends a signal to all processes of a group, if there are any left; to its first alone where there are no groups. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
  } catch {
    // It has ended by itself.
  }
}
