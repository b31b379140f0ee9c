import type { Redis, RedisOptions } from 'ioredis';
import { backOff } from '../clock.ts';
import type { HlsStreamError } from '../errors.ts';
import { closedError, goneError, isPermanent, redisFailure } from './redis-failure.ts';
import { parseRedisUrl } from './redis-url.ts';

/** Pauses between tries to connect, in milliseconds: the first, and the longest. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 1000;

/** How long a try to connect may take, in milliseconds. */
const CONNECT_TIMEOUT = 3000;

/** How often a silent connection is asked whether it lives, in milliseconds; two questions may go unanswered. */
const PING_EVERY = 1500;

/** What is passed to Redis. */
export type RedisArgument = string | number | Buffer;

/** How a connection is set up. */
export interface RedisConnectionOptions {
  /** Runs first on each new connection; until it has resolved the connection is down. */
  readonly prepare?: (connection: RedisConnection) => Promise<void>;
  /** Is told each time a try to connect fails. */
  readonly onTrouble?: (error: HlsStreamError) => void;
}

/**
 * One connection to Redis that comes back by itself. Calls while it is down reject with STORE_GONE at once:
 * nothing is queued and nothing sent twice, for only the caller knows what may be repeated.
 */
export class RedisConnection {
  readonly client: Redis;
  readonly #prepare: (connection: RedisConnection) => Promise<void>;
  readonly #onTrouble: (error: HlsStreamError) => void;
  readonly #listeners = new Set<(state: 'up' | 'down') => void>();
  /** How to reject whatever waits for an answer now. */
  readonly #waiting = new Set<(error: HlsStreamError) => void>();
  #watch: NodeJS.Timeout | undefined;
  #unanswered = 0;
  /** Which connection this is, counted: what an earlier one still had to say is not heard. */
  #life = 0;
  #up = false;
  #closed = false;
  #failure: HlsStreamError | undefined;

  private constructor(client: Redis, { prepare, onTrouble }: RedisConnectionOptions) {
    this.client = client;
    this.#prepare = prepare ?? (async () => {});
    this.#onTrouble = onTrouble ?? (() => {});
    client.on('ready', () => void this.#begin());
    client.on('close', () => this.#lose());
    client.on('error', (error: Error) => this.#note(redisFailure(error, 'the connection')));
  }

  /** Begins to connect. Throws USAGE for a URL that is none. */
  static async open(url: string, options: RedisConnectionOptions = {}): Promise<RedisConnection> {
    const { secure, ...address } = parseRedisUrl(url);
    const { Redis } = await import('ioredis');
    const client = new Redis({ ...clientOptions, ...address, ...(secure ? { tls: {} } : {}) });
    const connection = new RedisConnection(client, options);
    client.connect().catch(() => {});
    return connection;
  }

  get up(): boolean {
    return this.#up;
  }

  /** Why the last try to connect failed. */
  get failure(): HlsStreamError | undefined {
    return this.#failure;
  }

  /** Sends one command; replies hold Buffers. Rejects with a STORE_ code. */
  async call(name: string, command: string, ...args: readonly RedisArgument[]): Promise<unknown> {
    if (this.#closed) throw closedError();
    if (!this.#up) throw goneError(name);
    return await this.send(name, command, ...args);
  }

  /** {@link call} for what prepares the connection. */
  send(name: string, command: string, ...args: readonly RedisArgument[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      const settled = () => this.#waiting.delete(reject);
      this.client.callBuffer(command, ...args).then(
        (reply) => {
          settled();
          resolve(reply);
        },
        (error: unknown) => {
          settled();
          reject(redisFailure(error, name));
        },
      );
    });
  }

  /** One more connection to the same place with the same manners. */
  duplicate(options: RedisConnectionOptions = {}): RedisConnection {
    const connection = new RedisConnection(this.client.duplicate(), options);
    connection.client.connect().catch(() => {});
    return connection;
  }

  /**
   * Resolves when the connection is up, or `timeout` has aborted. Rejects with what trying again cannot
   * help, such as a wrong password.
   */
  settled(timeout: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const failed = isPermanent(this.#failure);
        if (!this.#up && !failed && !timeout.aborted) return;
        clearInterval(timer);
        timeout.removeEventListener('abort', look);
        forget();
        if (!this.#up && failed) reject(this.#failure);
        else resolve();
      };
      const timer = setInterval(look, FIRST_PAUSE);
      const forget = this.onState(look);
      timeout.addEventListener('abort', look);
      look();
    });
  }

  /** Calls `listener` when the connection is lost or back; returns the unsubscribe. */
  onState(listener: (state: 'up' | 'down') => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Drops the connection; it comes back by itself. */
  renew(): void {
    if (!this.#closed) this.client.disconnect(true);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#up = false;
    this.#listeners.clear();
    clearInterval(this.#watch);
    this.#rejectAll(() => closedError());
    this.client.disconnect();
  }

  async #begin(): Promise<void> {
    this.#life += 1;
    const life = this.#life;
    this.#unanswered = 0;
    clearInterval(this.#watch);
    this.#watch = setInterval(() => this.#ping(), PING_EVERY);
    this.#watch.unref();
    try {
      // The client library goes on in database 0 where the one that was asked for is refused.
      await this.send('the database', 'SELECT', this.client.options.db ?? 0);
      await this.#prepare(this);
    } catch (error) {
      if (life !== this.#life) return;
      this.#note(redisFailure(error, 'the first command'));
      this.renew();
      return;
    }
    if (this.#closed || life !== this.#life) return;
    this.#failure = undefined;
    this.#up = true;
    for (const listener of this.#listeners) listener('up');
  }

  #lose(): void {
    this.#life += 1;
    clearInterval(this.#watch);
    this.#rejectAll(() => goneError('the call'));
    if (!this.#up) return;
    this.#up = false;
    for (const listener of this.#listeners) listener('down');
  }

  #note(error: HlsStreamError): void {
    if (this.#closed) return;
    // What Redis said outlives the mere loss of the connection that follows.
    if (error.code !== 'STORE_GONE' || !isPermanent(this.#failure)) this.#failure = error;
    this.#onTrouble(error);
  }

  /** A host that vanished closes no connection: whoever does not answer is given up. */
  #ping(): void {
    if (this.#unanswered >= 2) {
      this.renew();
      return;
    }
    this.#unanswered += 1;
    this.client.ping().then(
      () => {
        this.#unanswered = 0;
      },
      () => {},
    );
  }

  #rejectAll(toError: () => HlsStreamError): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const reject of waiting) reject(toError());
  }
}

const clientOptions = {
  lazyConnect: true,
  // The plain protocol: pushes of the newer one bring nothing here.
  protocol: 2,
  enableOfflineQueue: false,
  // Whoever subscribed says so again; what was left meanwhile stays left.
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  connectTimeout: CONNECT_TIMEOUT,
  disableClientInfo: true,
  retryStrategy: (times: number) => backOff(times + 1, FIRST_PAUSE, LONGEST_PAUSE),
} satisfies RedisOptions;
