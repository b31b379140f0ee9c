import type { Exchange } from '../http/exchange.ts';
import type { WallClock } from '../http/wall-clock.ts';

/** A client that fetched no playlist for so long is not watching any more, in milliseconds. */
const AWAY_MS = 30_000;

/** More clients than this are not told apart; the oldest are forgotten. */
const MOST = 50_000;

/**
 * Counts who is watching: distinct clients (address and user agent) that fetched a Media Playlist within the
 * last 30 s. Those behind one proxy with the same browser count as one.
 */
export class Viewers {
  readonly #clock: WallClock;
  /** When each was last seen, oldest first. */
  readonly #seen = new Map<string, number>();

  constructor(clock: WallClock) {
    this.#clock = clock;
  }

  /** Notes a playlist request. */
  saw({ remoteAddress, headers }: Exchange): void {
    const key = `${remoteAddress} ${headers['user-agent'] ?? ''}`;
    this.#seen.delete(key);
    this.#seen.set(key, this.#clock.passed());
    if (this.#seen.size > MOST) this.#forgetOldest();
  }

  /** How many watch now. */
  count(): number {
    const since = this.#clock.passed() - AWAY_MS;
    for (const [key, at] of this.#seen) {
      if (at >= since) break;
      this.#seen.delete(key);
    }
    return this.#seen.size;
  }

  #forgetOldest(): void {
    for (const key of this.#seen.keys()) {
      this.#seen.delete(key);
      return;
    }
  }
}
