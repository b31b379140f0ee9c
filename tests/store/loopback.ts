import { EventEmitter } from 'node:events';
import { deserialize, serialize } from 'node:v8';
import type { StorePort } from '../../src/store/ipc/messages.ts';

class LoopbackPort extends EventEmitter implements StorePort {
  peer: LoopbackPort | undefined;
  /** Everything sent from this end, as it went. */
  readonly sent: unknown[] = [];

  send(
    message: unknown,
    _handle: undefined,
    _options: undefined,
    done: (error: Error | null) => void,
  ): boolean {
    const bytes = serialize(message);
    this.sent.push(message);
    setImmediate(() => {
      this.peer?.emit('message', deserialize(bytes));
      done(null);
    });
    return true;
  }
}

/** Two ends of a channel inside this process that behaves as IPC does: copies, later, in order. */
export function loopback(): { child: LoopbackPort; parent: LoopbackPort } {
  const [child, parent] = [new LoopbackPort(), new LoopbackPort()];
  child.peer = parent;
  parent.peer = child;
  return { child, parent };
}
