import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/**
 * What is left of a connection whose client has sent all it will: the bytes that were read and not yet answered, and
 * the way back. Its socket has ended and takes no bytes back; this stands in for it.
 */
export class HalfClosed extends Duplex {
  readonly #socket: Socket;

  /** @param bytes what the client sent last */
  constructor(socket: Socket, bytes: Buffer) {
    super();
    this.#socket = socket;
    this.push(bytes);
    this.push(null);
    socket.on('timeout', () => this.emit('timeout')).on('close', () => this.destroy());
  }

  get remoteAddress(): string | undefined {
    return this.#socket.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.#socket.remotePort;
  }

  get localPort(): number | undefined {
    return this.#socket.localPort;
  }

  setTimeout(milliseconds: number): this {
    this.#socket.setTimeout(milliseconds);
    return this;
  }

  override _read(): void {}

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, encoding, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
