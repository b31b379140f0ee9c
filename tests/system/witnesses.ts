/**
 * Clients that write down what they see while processes die: a poster that never gives up, and a reader of
 * server-sent events that resumes where it was.
 */

/** How long a poster that was told to stop tries to learn whether its last marker is stored, in milliseconds. */
const PATIENCE_MS = 20_000;

/** Something that goes on until it is stopped; `stop` resolves when it has ended. */
export interface Witness {
  stop(): Promise<void>;
}

/** How {@link postMarkers} goes about it. */
export interface PosterOptions {
  /** What the server asks of writers that come through a proxy. */
  readonly token?: string;
  /** What its ids begin with. @default posted */
  readonly name?: string;
  /** Which moment a marker is put to. @default the server decides */
  readonly place?: () => Promise<Readonly<Record<string, unknown>>>;
}

/** Where a marker was put, as the server said when it acknowledged it. */
export interface Acknowledged {
  readonly time: number;
  readonly date: string;
}

/**
 * Posts a marker every `interval` milliseconds, each until it is surely stored; `ids` in the order of storing, and what
 * was said of those whose answer was heard.
 */
export function postMarkers(
  url: string,
  interval: number,
  { token, name = 'posted', place = async () => ({}) }: PosterOptions = {},
): Witness & {
  readonly ids: string[];
  readonly acknowledged: ReadonlyMap<string, Acknowledged>;
  readonly failures: string[];
} {
  const ids: string[] = [];
  const acknowledged = new Map<string, Acknowledged>();
  const failures: string[] = [];
  const over = new AbortController();
  let until = Number.POSITIVE_INFINITY;
  const post = async (id: string) => {
    let placed: Readonly<Record<string, unknown>> | undefined;
    while (performance.now() < until) {
      try {
        placed ??= await place();
        const response = await fetch(`${url}/markers`, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            ...(token !== undefined && { authorization: `Bearer ${token}` }),
          },
          body: JSON.stringify({ id, text: id, class: 'posted', ...placed }),
          signal: AbortSignal.timeout(10_000),
        });
        const answer = (await response.json()) as Acknowledged & { error?: { code: string } };
        if (response.status === 201) acknowledged.set(id, answer);
        // A marker that is there already: the answer to an earlier try was lost.
        if (response.status === 201 || response.status === 409) return void ids.push(id);
        failures.push(`${response.status} ${answer.error?.code}`);
      } catch (error) {
        failures.push(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
      }
      await sleep(100);
    }
  };
  const running = (async () => {
    for (let count = 0; !over.signal.aborted; count += 1) {
      await post(`${name}-${count}`);
      await sleep(interval);
    }
  })();
  return {
    ids,
    acknowledged,
    failures,
    stop: () => {
      over.abort();
      until = performance.now() + PATIENCE_MS;
      return running;
    },
  };
}

/** A change as the event stream tells it; `fetched` for a marker that was met when all had to be fetched. */
export interface SeenChange {
  readonly op: string;
  readonly marker: { readonly id: string; readonly class: string; readonly source: string };
}

/**
 * Follows `/markers/events` and resumes with Last-Event-ID whenever it is cut off. Where that place is not known any more
 * it fetches all markers, as it is told to, and goes on behind them.
 */
export function followEvents(
  url: string,
  cursor: string,
): Witness & { readonly changes: SeenChange[]; readonly resets: number } {
  const changes: SeenChange[] = [];
  const over = new AbortController();
  let last = cursor;
  let isReset = false;
  const witness = { changes, resets: 0, stop: async () => {} };
  const connect = async () => {
    if (isReset) await fetchAll();
    isReset = false;
    const response = await fetch(`${url}/markers/events`, {
      headers: { 'last-event-id': last },
      signal: over.signal,
    });
    if (!response.ok || response.body === null) throw new Error(`events gave ${response.status}`);
    let pending = '';
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      pending += chunk.replaceAll('\r', '');
      const events = pending.split('\n\n');
      pending = events.pop() ?? '';
      for (const event of events) if (!isReset) take(event);
      if (isReset) return;
    }
  };
  const fetchAll = async () => {
    const heard = new Set(
      changes.filter(({ op }) => op === 'open' || op === 'fetched').map(({ marker }) => marker.id),
    );
    const all: SeenChange['marker'][] = [];
    let first: string | undefined;
    for (let page: string | null = ''; page !== null; ) {
      const query: string = page === '' ? '' : `&page=${page}`;
      const response = await fetch(`${url}/markers?limit=1000${query}`, { signal: over.signal });
      if (!response.ok) throw new Error(`markers gave ${response.status}`);
      const answer = (await response.json()) as {
        readonly markers: SeenChange['marker'][];
        readonly cursor: string;
        readonly next?: string | null;
      };
      first ??= answer.cursor;
      all.push(...answer.markers);
      page = answer.next ?? null;
    }
    for (const marker of all) if (!heard.has(marker.id)) changes.push({ op: 'fetched', marker });
    last = first ?? last;
  };
  const take = (event: string) => {
    const fields = new Map(
      event
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const name = fields.get('event');
    if (name === 'markers')
      changes.push(...(JSON.parse(fields.get('data') ?? '{}') as { changes: SeenChange[] }).changes);
    if (name === 'reset') {
      witness.resets += 1;
      isReset = true;
      return;
    }
    last = fields.get('id') ?? last;
  };
  const running = (async () => {
    while (!over.signal.aborted) {
      await connect().catch(() => {});
      if (!over.signal.aborted && !isReset) await sleep(100);
    }
  })();
  witness.stop = () => {
    over.abort();
    return running;
  };
  return witness;
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
