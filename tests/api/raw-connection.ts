import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** A connection on which bytes are sent and read by hand; it is gone when the test ends. */
export interface RawConnection {
  readonly socket: Socket;
  /** Everything received so far. */
  readonly text: () => string;
  readonly ended: () => boolean;
}

/** Connects to a port of the loopback address. */
export function rawConnection(t: TestContext, port: number): RawConnection {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let text = '';
  let ended = false;
  socket.setEncoding('latin1').on('data', (chunk) => {
    text += chunk;
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    ended = true;
  });
  t.after(() => socket.destroy());
  return { socket, text: () => text, ended: () => ended };
}
