import { readFileSync } from 'node:fs';
import type { IClientOptions, MqttClient } from 'mqtt';
import { type Milliseconds, millisecondsToSeconds } from '../clock.ts';
import { prefixOf } from '../config/topic-prefix.ts';
import { HlsStreamError, messageOf, percentDecoded } from '../errors.ts';

/** Where the broker is. */
export interface BrokerOptions {
  /** Its path is what topics begin with; may hold a login. */
  readonly url: string;
  /** File with the certificates of who may have signed the broker's. */
  readonly caFile: string | undefined;
  readonly timeout: Milliseconds;
}

/** What the broker tells all others when this connection is lost. */
export interface LastWill {
  readonly clientId: string;
  readonly topic: string;
  readonly payload: string;
}

/** How long the connection may be silent, in seconds: it is asked for a sign of life then. */
const KEEP_ALIVE = 15;

/** What a broker is called where everybody may read it. */
export function brokerLabel(url: string): string {
  const { protocol, host } = new URL(url);
  return `mqtt ${protocol}//${host}/${prefixOf(url)}`;
}

/**
 * A connection to the broker; it does not come back by itself. Resolves when the broker has accepted it.
 * @throws HlsStreamError HOOK_FAILED saying why it was not; USAGE for a file that cannot be read
 */
export async function connectBroker(options: BrokerOptions, will?: LastWill): Promise<MqttClient> {
  const { url, timeout } = options;
  const { connect } = await import('mqtt');
  const { protocol, hostname, port, username, password } = new URL(url);
  const secure = protocol === 'mqtts:';
  const settings: IClientOptions = {
    protocol: secure ? 'mqtts' : 'mqtt',
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (secure ? 8883 : 1883) : Number(port),
    ...(username !== '' && { username: percentDecoded(username) }),
    ...(password !== '' && { password: percentDecoded(password) }),
    ...(secure && options.caFile !== undefined && { ca: readAuthorities(options.caFile) }),
    ...(will && {
      clientId: will.clientId,
      will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1 as const, retain: true },
    }),
    keepalive: KEEP_ALIVE,
    connectTimeout: timeout,
    // What was not acknowledged is sent again from the queue, which outlives this process.
    reconnectPeriod: 0,
    clean: true,
    queueQoSZero: false,
  };
  const client = connect(settings);
  // One that comes later is followed by the end of the connection.
  let cause: unknown = new Error(`no answer within ${millisecondsToSeconds(timeout)} s`);
  client.on('error', (error) => {
    cause = error;
  });
  const accepted = await new Promise<boolean>((resolve) => {
    client.once('connect', () => resolve(true));
    client.once('close', () => resolve(false));
  });
  if (accepted) return client;
  client.end(true);
  throw new HlsStreamError('HOOK_FAILED', `${brokerLabel(url)} cannot be used (${reasonOf(cause)})`, {
    cause,
  });
}

/** The certificates of `--mqtt-ca`. @throws HlsStreamError USAGE */
export function readAuthorities(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new HlsStreamError('USAGE', `--mqtt-ca ${file} cannot be read (${messageOf(cause)})`, { cause });
  }
}

/** Some errors of sockets hold several, and no words of their own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return messageOf(error);
}
