import { HlsStreamError } from '../../errors.ts';
import type { RedisConnection } from '../../redis/redis-connection.ts';

/** How long replicas may take, in milliseconds. */
const TIMEOUT = 1000;

/**
 * Finds out whether replicas have what was written. It asks on a connection of its own, for WAIT lets nothing else
 * through: what it writes itself comes behind all that was acknowledged before. All who ask while an answer is on its way
 * share the next one.
 */
export class ReplicaAcks {
  readonly #connection: RedisConnection;
  readonly #key: string;
  readonly #replicas: number;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** @param main whose server is asked */
  constructor(main: RedisConnection, key: string, replicas: number) {
    this.#connection = main.duplicate();
    this.#key = key;
    this.#replicas = replicas;
  }

  /**
   * Resolves when so many replicas have all that was written until now. Rejects with STORE_NO_REPLICAS, or another
   * STORE_ code.
   */
  wait(): Promise<void> {
    if (this.#running === undefined) {
      this.#running = this.#ask().finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    }
    this.#next ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#next = undefined;
        return this.wait();
      });
    return this.#next;
  }

  close(): void {
    this.#connection.close();
  }

  async #ask(): Promise<void> {
    if (!this.#connection.up) await this.#connection.settled(AbortSignal.timeout(TIMEOUT));
    const [, answer] = await Promise.all([
      this.#connection.call('the replicas', 'SET', this.#key, '', 'PX', 10 * TIMEOUT),
      this.#connection.call('the replicas', 'WAIT', this.#replicas, TIMEOUT),
    ]);
    if (Number(answer) >= this.#replicas) return;
    throw new HlsStreamError(
      'STORE_NO_REPLICAS',
      `${answer} of the ${this.#replicas} replicas that --store-replicas asks for had it in time, so it is not acknowledged; bring replicas back, or ask for fewer`,
    );
  }
}
