import {
  type Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  Counter as PromCounter,
  Registry,
} from 'prom-client';
import { type ProcessMetrics, processMetrics, setProcessMetrics } from './process-metrics.ts';
import type { ProcessStats } from './process-stats.ts';

/** What a request was for. */
export type RequestKind =
  | 'multivariant'
  | 'playlist'
  | 'init'
  | 'segment'
  | 'part'
  | 'thumbnails'
  | 'objects'
  | 'clip'
  | 'events'
  | 'api'
  | 'page'
  | 'refused';

/** Where the gauges get their values from, each time they are read. */
export interface Gauges {
  readonly waiting: () => number;
  readonly viewers: () => number;
  readonly eventClients: () => number;
  /** Seconds from the date of the newest listed frame to now, by stream. */
  readonly edgeAges: () => ReadonlyMap<string, number>;
  /** Whether the store can be reached, and the code of what else is wrong with it. */
  readonly store: () => { readonly up: boolean; readonly trouble?: string | undefined };
  /** What the other processes say of themselves. */
  readonly processes: () => Promise<ReadonlyMap<string, ProcessStats>>;
}

/** Gauges that prom-client gives the name of a counter; each is the sum of another that it has without the suffix. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/** What `GET /metrics` tells; each worker speaks for itself. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Counter<'kind' | 'status'>;
  readonly #bytes: Counter<'kind'>;
  readonly #publishDelay: Histogram<'stream'>;
  /** Looking a labelled counter up costs more than counting, so each is looked up once. */
  readonly #requestsOf = new Map<string, Counter.Internal>();
  readonly #bytesOf = new Map<RequestKind, Counter.Internal>();
  readonly #processMetrics: ProcessMetrics;
  #readProcesses: Gauges['processes'] = async () => new Map();

  /** @param worker which of the API workers this is; @param process also measure the process itself */
  constructor({ worker, process }: { readonly worker: string; readonly process: boolean }) {
    const registers = [this.#registry];
    this.#registry.setDefaultLabels({ worker });
    this.#requests = new PromCounter({
      name: 'hlsstream_http_requests_total',
      help: 'Requests answered, by what they were for and status.',
      labelNames: ['kind', 'status'],
      registers,
    });
    this.#bytes = new PromCounter({
      name: 'hlsstream_http_sent_bytes_total',
      help: 'Bytes of bodies sent, by what they were for.',
      labelNames: ['kind'],
      registers,
    });
    this.#publishDelay = new Histogram({
      name: 'hlsstream_part_publish_delay_seconds',
      help: 'Seconds from the end of the last frame of a part, by its date, until this worker could list the part.',
      labelNames: ['stream'],
      buckets: [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5],
      registers,
    });
    this.#processMetrics = processMetrics(this.#registry);
    // Event-loop delay is one of these (nodejs_eventloop_lag_…); each look at it wakes the process.
    if (process) collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: 200 });
    for (const name of MISNAMED) this.#registry.removeSingleMetric(name);
  }

  /** Adds the gauges. Call once. */
  watch({ waiting, viewers, eventClients, edgeAges, store, processes }: Gauges): void {
    this.#readProcesses = processes;
    this.#gauge('hlsstream_blocking_waits', 'Requests held back until new media comes.', waiting);
    this.#gauge('hlsstream_viewers', 'Distinct clients that fetched a playlist in the last 30 s.', viewers);
    this.#gauge(
      'hlsstream_event_clients',
      'Open connections to /markers/events and /objects/events.',
      eventClients,
    );
    this.#gauge('hlsstream_store_up', 'Whether the store can be reached: 1, or 0.', () => Number(store().up));
    new Gauge({
      name: 'hlsstream_store_trouble',
      help: '1 while the store is away or takes nothing, by the code of why.',
      labelNames: ['code'],
      registers: [this.#registry],
      collect() {
        this.reset();
        const { trouble } = store();
        if (trouble !== undefined) this.set({ code: trouble }, 1);
      },
    });
    new Gauge({
      name: 'hlsstream_live_edge_age_seconds',
      help: 'Seconds from the date of the newest listed frame to now.',
      labelNames: ['stream'],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [stream, age] of edgeAges()) this.set({ stream }, age);
      },
    });
  }

  /** A part was listed, so many seconds after the end of its last frame. */
  published(stream: string, delay: number): void {
    this.#publishDelay.observe({ stream }, delay);
  }

  /** Counts an answer. */
  count(kind: RequestKind, status: number, bytes: number): void {
    const key = `${kind} ${status}`;
    let requests = this.#requestsOf.get(key);
    if (requests === undefined) {
      requests = this.#requests.labels(kind, String(status));
      this.#requestsOf.set(key, requests);
    }
    requests.inc();
    if (bytes === 0) return;
    let sent = this.#bytesOf.get(kind);
    if (sent === undefined) {
      sent = this.#bytes.labels(kind);
      this.#bytesOf.set(kind, sent);
    }
    sent.inc(bytes);
  }

  /** MIME type of {@link text}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Everything in the text format of Prometheus. */
  async text(): Promise<string> {
    setProcessMetrics(this.#processMetrics, await this.#readProcesses());
    return this.#registry.metrics();
  }

  #gauge(name: string, help: string, value: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(value());
      },
    });
  }
}
