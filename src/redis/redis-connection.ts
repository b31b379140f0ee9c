import type { Redis } from 'ioredis';
import type { HlsStreamError } from '../errors.ts';
import { AnswerWatch } from './answer-watch.ts';
import { clientMaker, type OpenedClient, retryPause } from './redis-client.ts';
import {
  closedError,
  goneError,
  isElsewhere,
  isPermanent,
  isTrouble,
  redisFailure,
  silentError,
} from './redis-failure.ts';
import { settle } from './settle.ts';

/** What is passed to Redis. */
export type RedisArgument = string | number | Buffer;

/** How a connection is set up. */
export interface RedisConnectionOptions {
  /** Runs first on each new connection; until it has resolved the connection is down. */
  readonly prepare?: (connection: RedisConnection) => Promise<void>;
  /** Is asked every now and then whether all is well; a connection that writes tries that. @default PING */
  readonly probe?: (connection: RedisConnection) => Promise<unknown>;
  /** Is told each time a try to connect fails, and of whatever else Redis answers that is wrong with it. */
  readonly onTrouble?: (error: HlsStreamError) => void;
}

/** How a first connection is opened. */
export interface OpenRedisOptions extends RedisConnectionOptions {
  /** Of a cluster: the hash tag of the keys it is for. */
  readonly tag?: string;
}

/**
 * One connection to Redis that comes back by itself. Calls while it is down reject at once with why it is: nothing is
 * queued and nothing sent twice, for only the caller knows what may be repeated. Whatever says nothing is given up after a
 * while, and a server that may not write any more is left, so that the primary is looked up anew.
 */
export class RedisConnection {
  readonly client: Redis;
  readonly #opened: OpenedClient;
  readonly #options: RedisConnectionOptions;
  readonly #listeners = new Set<(state: 'up' | 'down') => void>();
  /** How to reject whatever waits for an answer now. */
  readonly #waiting = new Set<(error: HlsStreamError) => void>();
  readonly #watch: AnswerWatch;
  #again: NodeJS.Timeout | undefined;
  /** Tries in a row that Redis itself refused. */
  #refusals = 0;
  /** Which connection this is, counted: what an earlier one still had to say is not heard. */
  #life = 0;
  #up = false;
  #closed = false;
  #failure: HlsStreamError | undefined;

  private constructor(opened: OpenedClient, options: RedisConnectionOptions) {
    const { client } = opened;
    this.client = client;
    this.#opened = opened;
    this.#options = options;
    this.#watch = new AnswerWatch({
      ask: async () => (options.probe ? options.probe(this) : client.ping()),
      answered: (failure) => {
        if (!this.#up) return;
        if (failure === undefined) this.#failure = undefined;
        else this.#note(redisFailure(failure, 'a question'));
      },
      silent: (milliseconds) => {
        this.#note(silentError(milliseconds));
        this.renew();
      },
    });
    client.on('connect', () => this.#watch.connected());
    client.on('ready', () => void this.#begin());
    client.on('close', () => this.#lose());
    // The client library gives up for good where the primary could not be looked up.
    client.on('end', () => this.#connectLater());
    client.on('sentinelError', (error: Error) => this.#note(redisFailure(error, 'the Sentinel')));
    client.on('error', (error: Error) => {
      // What was wrong with each of them was told already.
      if (!error.message.startsWith('All sentinels')) this.#note(redisFailure(error, 'the connection'));
    });
    client.connect().catch(() => {});
  }

  /** Begins to connect. Throws USAGE for a URL that is none. */
  static async open(url: string, options: OpenRedisOptions = {}) {
    return (await RedisConnection.opener())(url, options);
  }

  /** {@link open}, for whoever opens some as they are needed. */
  static async opener() {
    const make = await clientMaker();
    return (url: string, { tag = '', ...options }: OpenRedisOptions = {}) =>
      new RedisConnection(make(url, tag), options);
  }

  get up(): boolean {
    return this.#up;
  }
  /** Why the last try to connect failed, or what Redis answered last that is wrong with it. */
  get failure(): HlsStreamError | undefined {
    return this.#failure;
  }

  /** Why it is not up, if somebody has to change something first. Where there are several, another may soon be primary. */
  get hopeless(): HlsStreamError | undefined {
    const movesOn = !this.#opened.single && this.#failure?.code === 'STORE_READ_ONLY';
    return isPermanent(this.#failure) && !movesOn ? this.#failure : undefined;
  }

  /** Sends one command; replies hold Buffers. Rejects with a STORE_ code. */
  async call(name: string, command: string, ...args: readonly RedisArgument[]): Promise<unknown> {
    if (this.#closed) throw closedError();
    if (!this.#up) throw this.#failure ?? goneError(name);
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
          // Already rejected, where the connection was given up.
          if (!settled()) return;
          const failure = redisFailure(error, name);
          reject(failure);
          this.#hear(failure);
        },
      );
    });
  }

  /** One more connection to the same server with the same manners; it is given up with this one. */
  duplicate(options: RedisConnectionOptions = {}): RedisConnection {
    const twin = new RedisConnection({ ...this.#opened, client: this.#opened.twin() }, options);
    this.onState((state) => {
      if (state === 'down') twin.renew();
    });
    return twin;
  }

  /**
   * Resolves when the connection is up, or `timeout` has aborted. Rejects with what trying again cannot
   * help, such as a wrong password.
   */
  settled(timeout: AbortSignal): Promise<void> {
    return settle(this, timeout);
  }

  /** Calls `listener` when the connection is lost or back; returns the unsubscribe. */
  onState(listener: (state: 'up' | 'down') => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Drops the connection; it comes back by itself. */
  renew(): void {
    // What is not connected yet is on its way.
    if (this.#closed || !['connect', 'ready'].includes(this.client.status)) return;
    this.client.disconnect(true);
    this.#lose();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#up = false;
    this.#listeners.clear();
    this.#stopTimers();
    this.#rejectAll(() => closedError());
    this.client.disconnect();
  }

  async #begin(): Promise<void> {
    this.#life += 1;
    const life = this.#life;
    try {
      // The client library goes on in database 0 where the one that was asked for is refused.
      await this.send('the database', 'SELECT', this.client.options.db ?? 0);
      if (life !== this.#life) return;
      this.#watch.begin();
      await this.#options.prepare?.(this);
    } catch (error) {
      if (life !== this.#life || this.#closed) return;
      this.#note(redisFailure(error, 'the first command'));
      clearTimeout(this.#again);
      this.#again = setTimeout(() => life === this.#life && this.renew(), retryPause(this.#refusals));
      this.#refusals += 1;
      return;
    }
    if (this.#closed || life !== this.#life) return;
    this.#refusals = 0;
    this.#failure = undefined;
    this.#up = true;
    for (const listener of this.#listeners) listener('up');
  }

  #lose(): void {
    this.#life += 1;
    this.#stopTimers();
    this.#rejectAll(() => goneError('the call'));
    if (!this.#up) return;
    this.#up = false;
    for (const listener of this.#listeners) listener('down');
  }

  #connectLater(): void {
    if (this.#closed) return;
    this.#lose();
    this.#again = setTimeout(() => this.client.connect().catch(() => {}), retryPause(this.#refusals));
    this.#refusals += 1;
  }

  /** Something that was asked of a connection was answered with other than yes. */
  #hear(failure: HlsStreamError): void {
    // What fails before it is up is heard by whoever prepares it.
    if (!this.#up || !isTrouble(failure) || /\bNOSCRIPT\b/.test(failure.message)) return;
    this.#note(failure);
    if (isElsewhere(failure)) this.renew();
  }

  #note(error: HlsStreamError): void {
    if (this.#closed) return;
    // What Redis said outlives the mere loss of the connection that follows.
    if (error.code !== 'STORE_GONE' || !isPermanent(this.#failure)) this.#failure = error;
    this.#options.onTrouble?.(error);
  }

  #stopTimers(): void {
    clearTimeout(this.#again);
    this.#watch.stop();
  }

  #rejectAll(toError: () => HlsStreamError): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const reject of waiting) reject(toError());
  }
}
