import type { HlsStreamError } from '../errors.ts';

/** How often it is looked while somebody waits, in milliseconds. */
const LOOK_EVERY = 50;

/** What is waited for. */
export interface Settling {
  readonly up: boolean;
  /** What trying again cannot help, if something such was met with. */
  readonly hopeless: HlsStreamError | undefined;
  onState(listener: () => void): () => void;
}

/** Resolves when `connection` is up, or `timeout` has aborted; rejects with what trying again cannot help. */
export function settle(connection: Settling, timeout: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const { up, hopeless } = connection;
      if (!up && hopeless === undefined && !timeout.aborted) return;
      clearInterval(timer);
      timeout.removeEventListener('abort', look);
      forget();
      if (!up && hopeless !== undefined) reject(hopeless);
      else resolve();
    };
    const timer = setInterval(look, LOOK_EVERY);
    const forget = connection.onState(look);
    timeout.addEventListener('abort', look);
    look();
  });
}
