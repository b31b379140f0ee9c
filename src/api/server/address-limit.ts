import type { Server, Socket } from 'node:net';

/**
 * Limits how many connections one address may have to this process. One above the limit gets 503 to whatever it
 * asks; with as many again of those, further ones are cut off unheard.
 */
export class AddressLimit {
  readonly #limit: number;
  readonly #counts = new Map<string, number>();
  /** Connections above the limit, by address and port: TLS and HTTP/2 show other socket objects to requests. */
  readonly #above = new Set<string>();

  /** @param limit connections one address may have */
  constructor(server: Server, limit: number) {
    this.#limit = limit;
    server.on('connection', (socket: Socket) => this.#opened(socket));
  }

  /** Whether this connection is one above the limit. */
  isAbove(socket: Pick<Socket, 'remoteAddress' | 'remotePort'>): boolean {
    return this.#above.size > 0 && this.#above.has(`${socket.remoteAddress} ${socket.remotePort}`);
  }

  #opened(socket: Socket): void {
    // Gone already: it has no address any more.
    const { remoteAddress: address, remotePort } = socket;
    if (address === undefined) return;
    const count = (this.#counts.get(address) ?? 0) + 1;
    this.#counts.set(address, count);
    const peer = `${address} ${remotePort}`;
    if (count > this.#limit) this.#above.add(peer);
    socket.once('close', () => {
      this.#above.delete(peer);
      const left = (this.#counts.get(address) ?? 1) - 1;
      if (left === 0) this.#counts.delete(address);
      else this.#counts.set(address, left);
    });
    if (count > 2 * this.#limit) socket.destroy();
  }
}
