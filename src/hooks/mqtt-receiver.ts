import { setTimeout as delay } from 'node:timers/promises';
import type { MqttClient } from 'mqtt';
import type { Logger } from 'pino';
import { backOff, type Milliseconds, within } from '../clock.ts';
import { prefixOf } from '../config/topic-prefix.ts';
import { toErrorRecord } from '../errors.ts';
import type { SentEvent } from './event.ts';
import { discoveryMessage } from './home-assistant.ts';
import type { Outcome } from './lanes.ts';
import { type BrokerOptions, brokerLabel, connectBroker } from './mqtt.ts';
import type { Receiver, ShownStream } from './receiver.ts';

/** How many events are under way at once at most. */
const CONCURRENCY = 16;

/** First and longest pause before it is connected again; each is a random part of it. */
const [FIRST_PAUSE, LONGEST_PAUSE]: readonly [Milliseconds, Milliseconds] = [250, 30_000];

/** How long the last word may take, when it leaves. */
const FAREWELL: Milliseconds = 250;

/** What is told, and to whom. */
export interface MqttOptions extends BrokerOptions {
  /** What topics of discovery begin with; undefined for none. */
  readonly discovery: string | undefined;
  /** Address of a stream's page. */
  readonly page: (stream: string) => string;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/** A connection that the broker has accepted. */
interface Connection {
  readonly client: MqttClient;
  /** Resolves when it is lost. */
  readonly lost: Promise<'lost'>;
  /** What lies at the broker, by topic, as far as this connection has put it there. */
  readonly retained: Map<string, string>;
}

/**
 * Publishes events, and how streams stand as messages that stay at the broker: published anew with each connection, for a
 * broker that was restarted may have forgotten them, and whenever Home Assistant says that it has started.
 */
export class MqttReceiver implements Receiver {
  readonly label: string;
  readonly concurrency = CONCURRENCY;
  /** Why there is no connection, in a sentence; undefined while there is one. */
  trouble: string | undefined;
  readonly #options: MqttOptions;
  readonly #prefix: string;
  #streams: ReadonlyMap<string, ShownStream> = new Map();
  #connection: Connection | undefined;
  #waiting = new Set<() => void>();
  #stop = new AbortController();

  constructor(options: MqttOptions) {
    this.#options = options;
    this.#prefix = prefixOf(options.url);
    this.label = brokerLabel(options.url);
  }

  /**
   * One id for all who tell the same: whoever follows takes the connection over, and the last will of the one before
   * comes first.
   */
  open(id: string): void {
    this.#stop = new AbortController();
    void this.#keepConnected(`hlsstream-${id}`, this.#stop.signal);
  }

  show(streams: ReadonlyMap<string, ShownStream>): void {
    this.#streams = streams;
    if (this.#connection !== undefined) this.#publishRetained(this.#connection);
  }

  async send(event: SentEvent, stopping: AbortSignal): Promise<Outcome> {
    const connection = this.#connection ?? (await this.#connected(stopping));
    if (connection === undefined) return { type: 'interrupted', reason: 'hlsstream stops' };
    const topic = `${this.#prefix}/${event.stream}/events`;
    const publishing = connection.client.publishAsync(topic, JSON.stringify(event), { qos: 1 });
    const acknowledged = await Promise.race([
      within(publishing, this.#options.timeout).catch(() => 'lost' as const),
      connection.lost,
    ]);
    if (acknowledged === 'lost') return { type: 'interrupted', reason: 'has closed the connection' };
    if (acknowledged !== 'late') return { type: 'sent' };
    connection.client.end(true);
    return { type: 'failed', reason: 'does not acknowledge what is published' };
  }

  async close(): Promise<void> {
    this.#stop.abort();
    const { client } = this.#connection ?? {};
    this.#connection = undefined;
    if (client === undefined) return;
    const options = { qos: 1, retain: true } as const;
    await within(client.publishAsync(`${this.#prefix}/status`, 'offline', options), FAREWELL).catch(() => {});
    await within(client.endAsync(), FAREWELL).catch(() => {});
    client.end(true);
  }

  async #keepConnected(clientId: string, signal: AbortSignal): Promise<void> {
    const { log } = this.#options;
    for (let failures = 0; !signal.aborted; ) {
      try {
        const will = { clientId, topic: `${this.#prefix}/status`, payload: 'offline' };
        const client = await connectBroker(this.#options, will);
        if (signal.aborted) {
          client.end(true);
          return;
        }
        failures = 0;
        if (this.trouble !== undefined) log.info({ hook: this.label }, `${this.label} is there again`);
        this.trouble = undefined;
        await this.#use(client);
        this.#connection = undefined;
        if (!signal.aborted) this.#report(`${this.label} has closed the connection`);
      } catch (error) {
        this.#report(toErrorRecord(error, 'HOOK_FAILED').message);
      }
      failures += 1;
      const most = backOff(failures, FIRST_PAUSE, LONGEST_PAUSE);
      await delay(Math.random() * most, undefined, { signal }).catch(() => {});
    }
  }

  #report(trouble: string): void {
    if (this.trouble === undefined) this.#options.log.warn({ hook: this.label }, `${trouble}; trying again`);
    this.trouble = trouble;
  }

  /** Resolves when the connection is lost. */
  async #use(client: MqttClient): Promise<void> {
    const lost = new Promise<'lost'>((resolve) => client.once('close', () => resolve('lost')));
    const connection = { client, lost, retained: new Map<string, string>() };
    const { discovery } = this.#options;
    client.on('message', (topic, payload, { retain }) => {
      if (topic !== `${discovery}/status` || retain || payload.toString() !== 'online') return;
      connection.retained.clear();
      this.#publishRetained(connection);
    });
    if (discovery !== undefined) client.subscribe(`${discovery}/status`, { qos: 1 }, () => {});
    if (!client.connected) return;
    this.#connection = connection;
    this.#publishRetained(connection);
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
    await lost;
    client.end(true);
  }

  #publishRetained(connection: Connection): void {
    const put = (topic: string, payload: string) => {
      if (connection.retained.get(topic) === payload) return;
      connection.retained.set(topic, payload);
      connection.client.publish(topic, payload, { qos: 1, retain: true }, (error) => {
        if (error) connection.retained.delete(topic);
      });
    };
    const { discovery, page } = this.#options;
    put(`${this.#prefix}/status`, 'online');
    for (const [stream, { condition, classes }] of this.#streams) {
      if (condition === undefined) continue;
      if (discovery !== undefined) {
        const found = { prefix: this.#prefix, stream, classes: classes.all, page: page(stream) };
        const { topic, payload } = discoveryMessage(discovery, found);
        put(topic, payload);
      }
      put(`${this.#prefix}/${stream}/state`, condition);
      for (const each of classes.all)
        put(`${this.#prefix}/${stream}/classes/${each}`, classes.open.has(each) ? 'ON' : 'OFF');
    }
  }

  /** The connection once there is one; undefined when the signal came first. */
  async #connected(signal: AbortSignal): Promise<Connection | undefined> {
    while (this.#connection === undefined && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
        signal.addEventListener('abort', () => resolve(), { once: true, signal: this.#stop.signal });
      });
    }
    return this.#connection;
  }
}
