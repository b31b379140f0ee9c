import { connect, type Socket } from 'node:net';

/** The answer to one request. */
export interface LoadAnswer {
  readonly status: number;
  /** Value of the ETag header, quotes and all. */
  readonly tag: string;
  /** The body; undefined where only its arrival counts. */
  readonly body: Buffer | undefined;
}

/** Everything received goes through here: no viewer keeps media, so none needs memory of its own for it. */
const SHARED = Buffer.alloc(256 * 1024);
const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * One keep-alive HTTP/1.1 connection of a simulated viewer, one request at a time, as cheap as Node can do it
 * so that thousands fit into a process. Understands answers with a Content-Length only.
 */
export class LoadConnection {
  readonly #socket: Socket;
  readonly #host: string;
  #head: Buffer | undefined;
  #answer: { status: number; tag: string } | undefined;
  #missing = 0;
  #body: Buffer[] | undefined;
  #keeps = false;
  #done: ((answer: LoadAnswer) => void) | undefined;

  /** @param failed told when the connection breaks before {@link close} */
  constructor(port: number, failed: (error: Error) => void) {
    this.#host = `127.0.0.1:${port}`;
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: SHARED,
        callback: (count, buffer) => this.#take(Buffer.from(buffer.buffer, 0, count)),
      },
    });
    this.#socket.on('error', failed);
    this.#socket.on('close', () => failed(new Error('the server closed a connection')));
  }

  /**
   * Gets a path; `keep` hands over the body. `done` is called when the last byte has come.
   * @param fields further fields, each with its line's end
   */
  get(path: string, keep: boolean, done: (answer: LoadAnswer) => void, fields = ''): void {
    this.#keeps = keep;
    this.#done = done;
    this.#socket.write(
      `GET ${path} HTTP/1.1\r\nHost: ${this.#host}\r\nAccept-Encoding: gzip\r\n${fields}\r\n`,
    );
  }

  /** Ends it. */
  close(): void {
    this.#socket
      .removeAllListeners('error')
      .removeAllListeners('close')
      .on('error', () => {});
    this.#socket.destroy();
  }

  #take(chunk: Buffer): boolean {
    let rest = chunk;
    if (this.#answer === undefined) {
      const whole = this.#head === undefined ? rest : Buffer.concat([this.#head, rest]);
      const end = whole.indexOf(HEAD_END);
      if (end === -1) {
        // The shared buffer is written over by the next read.
        this.#head = Buffer.from(whole);
        return true;
      }
      const head = whole.toString('latin1', 0, end);
      this.#head = undefined;
      this.#answer = { status: Number(head.slice(9, 12)), tag: /\r\netag: (\S+)/i.exec(head)?.[1] ?? '' };
      this.#missing = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN);
      this.#body = this.#keeps ? [] : undefined;
      rest = whole.subarray(end + 4);
    }
    this.#missing -= rest.length;
    this.#body?.push(Buffer.from(rest));
    if (this.#missing > 0) return true;
    const answer = { ...this.#answer, body: this.#body && Buffer.concat(this.#body) };
    this.#answer = undefined;
    this.#body = undefined;
    this.#done?.(answer);
    return true;
  }
}
