/**
 * The gate that every loader of the page passes before it asks the server for something: playlists and media,
 * thumbnails, markers. While the server is away one loader asks whether it is back, and all others wait here.
 */
export interface ServerGate {
  isOpen(): boolean;
  /** Resolves when it is open. */
  opened(): Promise<void>;
  /** Closes it for a reason, or takes the reason back; it is open while there is none. */
  close(reason: GateReason, closed: boolean): void;
  /** A request failed as if the server were away: finds out, and resolves to whether it is there. */
  doubt(): Promise<boolean>;
  /** Who finds out. */
  asks(whether: () => Promise<boolean>): void;
}

/** The server does not answer, or nobody looks at the page. */
export type GateReason = 'away' | 'unseen';

/** Makes an open one. */
export function createServerGate(): ServerGate {
  const reasons = new Set<GateReason>();
  let waiting: (() => void)[] = [];
  let ask: () => Promise<boolean> = async () => true;
  return {
    isOpen: () => reasons.size === 0,
    opened: () =>
      reasons.size === 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            waiting.push(resolve);
          }),
    close(reason, closed) {
      if (closed) reasons.add(reason);
      else reasons.delete(reason);
      if (reasons.size > 0) return;
      const go = waiting;
      waiting = [];
      for (const resolve of go) resolve();
    },
    doubt: () => ask(),
    asks(whether) {
      ask = whether;
    },
  };
}

/** The one of this page. */
export const serverGate: ServerGate = createServerGate();
