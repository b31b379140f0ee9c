import { connect as connectPlain } from 'node:net';
import { connect as connectEncrypted } from 'node:tls';
import type { AbstractConnector, RedisOptions } from 'ioredis';
import type { RedisHost } from './redis-url.ts';

/** What ioredis makes its streams with. */
type Connector = NonNullable<RedisOptions['Connector']>;

/**
 * A way to connect that looks the server up each time.
 * @param base the library's own, which knows how to end a connection
 * @param find rejects where nobody knows
 */
export function lookUpConnector(
  base: typeof AbstractConnector,
  find: () => Promise<RedisHost & { readonly servername?: string }>,
): Connector {
  return class extends base {
    readonly #secure: boolean;

    constructor(options: unknown) {
      const { disconnectTimeout = 0, tls } = options as RedisOptions;
      super(disconnectTimeout);
      this.#secure = tls !== undefined;
    }

    override async connect() {
      this.connecting = true;
      const { host, port, servername = host } = await find();
      if (!this.connecting) throw new Error('Connection is closed.');
      this.stream = this.#secure
        ? connectEncrypted({ host, port, servername })
        : connectPlain({ host, port });
      this.stream.once('error', (error) => {
        this.firstError = error;
      });
      return this.stream;
    }
  };
}
