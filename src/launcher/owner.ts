import { OWNED } from '../config/child-environment.ts';

/** What the program that started a launcher may want of it. */
export interface OwnerRequests {
  /** Stop in good order; also when the program is gone. */
  stop(): void;
  /** Whether the stream is left open when its source ends. */
  leaveOpen(open: boolean): void;
}

/** What that program is told. */
export interface Owner {
  serving(port: number): void;
  viewers(count: number): void;
  drained(): void;
  /** Leaves the channel, which would keep this process. */
  close(): void;
}

/** Listens to the program that started this launcher over its channel; does nothing where none did. */
export function heedOwner({ stop, leaveOpen }: OwnerRequests): Owner {
  if (process.send === undefined || process.env[OWNED] !== '1')
    return { serving() {}, viewers() {}, drained() {}, close() {} };
  const send = (...message: unknown[]) => process.send?.(message, undefined, undefined, () => {});
  const listen = (message: unknown) => {
    if (!Array.isArray(message)) return;
    if (message[0] === 'stop') stop();
    else if (message[0] === 'leave-open') leaveOpen(message[1] === true);
  };
  process.on('message', listen).once('disconnect', stop);
  return {
    serving: (port) => send('serving', port),
    viewers: (count) => send('viewers', count),
    drained: () => send('drained'),
    close() {
      process.off('message', listen).off('disconnect', stop);
      if (process.connected) process.disconnect();
    },
  };
}
