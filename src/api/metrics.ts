import { type Counter, collectDefaultMetrics, Gauge, Counter as PromCounter, Registry } from 'prom-client';

/** What a request was for. */
export type RequestKind =
  | 'multivariant'
  | 'playlist'
  | 'init'
  | 'segment'
  | 'part'
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
}

/** What `GET /metrics` tells; each worker speaks for itself. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Counter<'kind' | 'status'>;
  readonly #bytes: Counter<'kind'>;
  /** Looking a labelled counter up costs more than counting, so each is looked up once. */
  readonly #requestsOf = new Map<string, Counter.Internal>();
  readonly #bytesOf = new Map<RequestKind, Counter.Internal>();

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
    // Event-loop delay is one of these (nodejs_eventloop_lag_…).
    if (process) collectDefaultMetrics({ register: this.#registry });
  }

  /** Adds the gauges. Call once. */
  watch({ waiting, viewers, eventClients, edgeAges }: Gauges): void {
    this.#gauge('hlsstream_blocking_waits', 'Requests held back until new media comes.', waiting);
    this.#gauge('hlsstream_viewers', 'Distinct clients that fetched a playlist in the last 30 s.', viewers);
    this.#gauge('hlsstream_event_clients', 'Open connections to /markers/events.', eventClients);
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
  text(): Promise<string> {
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
