import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Answers that wait behind others on their connection, by that. */
const queued = new WeakMap<Socket, Set<ServerResponse>>();

/**
 * Has an answer say `close` also when its connection goes while it waits behind another one (RFC 9112 §9.3.2): Node
 * tells it nothing then, and whatever ends with it would never end.
 */
export function closeWithConnection(
  { httpVersionMajor, socket }: IncomingMessage,
  answer: ServerResponse,
): void {
  if (httpVersionMajor !== 1 || answer.socket !== null) return;
  const known = queued.get(socket);
  const waiting = known ?? new Set<ServerResponse>();
  waiting.add(answer);
  answer.once('socket', () => waiting.delete(answer));
  if (known !== undefined) return;
  queued.set(socket, waiting);
  socket.once('close', () => {
    for (const each of waiting) {
      each.destroy();
      each.emit('close');
    }
  });
}
