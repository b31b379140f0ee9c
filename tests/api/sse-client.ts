import { type ClientRequest, request as httpRequest, type OutgoingHttpHeaders } from 'node:http';
import { constants, createGunzip } from 'node:zlib';
import { until } from './fixture.ts';

/** An event as a browser would dispatch it. */
export interface ServerEvent {
  readonly type: string;
  /** Last event ID at that time. */
  readonly id: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read events freely
  readonly data: any;
}

/** A client of server-sent events that parses as WHATWG HTML §9.2.6 says. */
export class SseClient {
  readonly events: ServerEvent[] = [];
  /** Where it would resume. */
  lastId = '';
  comments = 0;
  ended = false;
  /** Whether what comes is compressed. */
  zipped = false;
  readonly #request: ClientRequest;
  #text = '';

  constructor(port: number, path: string, headers: OutgoingHttpHeaders = {}) {
    this.#request = httpRequest({ host: '127.0.0.1', port, path, headers, agent: false });
    this.#request.on('error', () => {
      this.ended = true;
    });
    this.#request.on('response', (response) => {
      this.zipped = response.headers['content-encoding'] === 'gzip';
      const text = this.zipped ? response.pipe(createGunzip({ flush: constants.Z_SYNC_FLUSH })) : response;
      text.setEncoding('utf8');
      text.on('data', (chunk: string) => this.#take(chunk));
      // Such a stream ends with its connection and not by itself.
      text.on('error', () => {});
      response.on('close', () => {
        this.ended = true;
      });
    });
    this.#request.end();
  }

  /** Opens one and waits until the server has taken it on. */
  static async open(port: number, path: string, headers: OutgoingHttpHeaders = {}): Promise<SseClient> {
    const client = new SseClient(port, path, headers);
    await until(() => client.events.length > 0);
    return client;
  }

  of(type: string): ServerEvent[] {
    return this.events.filter((event) => event.type === type);
  }

  /** What happened to which marker, in order. */
  get changes(): string[] {
    return this.of('markers').flatMap(({ data }) =>
      data.changes.map(({ op, marker }: { op: string; marker: { id: string } }) => `${op} ${marker.id}`),
    );
  }

  close(): void {
    this.#request.destroy();
  }

  #take(chunk: string): void {
    const blocks = (this.#text + chunk).split('\n\n');
    this.#text = blocks.pop() ?? '';
    for (const block of blocks) this.#dispatch(block);
  }

  #dispatch(block: string): void {
    let type = 'message';
    const data: string[] = [];
    for (const line of block.split('\n')) {
      const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
      if (field === '') this.comments += 1;
      if (field === 'id') this.lastId = value;
      if (field === 'event') type = value;
      if (field === 'data') data.push(value);
    }
    if (data.length > 0) this.events.push({ type, id: this.lastId, data: JSON.parse(data.join('\n')) });
  }
}
