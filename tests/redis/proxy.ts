import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy on loopback that can go silent: connections stay, or are taken, and not a byte comes through. */
export interface Proxy {
  readonly port: number;
  /** From now on nothing gets through, either way, and what is sent meanwhile waits. */
  silence(): void;
  /** What waited goes on, as after a partition of the network. */
  heal(): void;
  /** Where connections lead that are made from now on. */
  lead(port: number): void;
  /** How many connections were taken. */
  readonly taken: number;
  close(): Promise<void>;
}

/** Starts one in front of `target`, silent from the beginning if `silent`. */
export async function startProxy(target: number, { silent = false } = {}): Promise<Proxy> {
  let port = target;
  let isSilent = silent;
  let taken = 0;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    taken += 1;
    const far = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      if (isSilent) one.pause();
      one.on('data', (bytes) => other.write(bytes));
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        // Of the end of a connection one hears nothing either.
        if (!isSilent) other.destroy();
      });
      if (isSilent) one.pause();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    silence() {
      isSilent = true;
      for (const socket of sockets) socket.pause();
    },
    heal() {
      isSilent = false;
      for (const socket of sockets) socket.resume();
    },
    lead(next) {
      port = next;
    },
    get taken() {
      return taken;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
