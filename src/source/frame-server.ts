import { createServer, type Socket } from 'node:net';
import { listenOn, writeMessage } from '../container/messages.ts';
import { type ErrorRecord, toErrorRecord } from '../errors.ts';
import { aborted } from './aborted.ts';
import { type FrameMessage, readFrameMessages } from './frame-wire.ts';
import type { Source } from './source.ts';
import { UnsettledFrames } from './unsettled-frames.ts';

/** How frames are handed on. */
export interface FrameServerOptions {
  /** A local socket: a path, or a named pipe. */
  readonly path: string;
  /** Opens the source; called once, at once. */
  readonly open: () => Promise<Source>;
  /** Nobody there to take frames: true stops reading until somebody is, false lets whole frames pass. */
  readonly waits: boolean;
  /** Ends everything. */
  readonly signal: AbortSignal;
  /** The source is open and whoever connects gets its frames. */
  readonly onReady?: () => void;
}

/**
 * Hands the frames of a source that can be opened only once to one process after the other, whole frames always:
 * whoever dies in the middle of one leaves the next a fresh beginning. Of frames that say something none is lost with
 * such a process: the next one gets those again that were not listed, and meanwhile the writer waits. Resolves when the
 * signal aborts.
 * @throws HlsStreamError what opening the source throws
 */
export async function serveFrames({ path, open, waits, signal, onReady }: FrameServerOptions): Promise<void> {
  const clients = new Clients();
  const server = createServer((socket) => clients.add(socket));
  await listenOn(server, path);
  try {
    const source = await open();
    const { width, height, frameRate, live, session } = source;
    const unsettled = session === undefined ? undefined : new UnsettledFrames();
    clients.kept = unsettled;
    source.onLate?.((late) => {
      unsettled?.hear(late);
      void clients.deliver();
    });
    const shape = { width, height, frameRate, live, ...(session !== undefined && { session }) };
    await clients.greet({ type: 'shape', shape });
    onReady?.();
    // The first frames are for whoever comes first.
    await clients.present(signal);
    try {
      for await (const frame of source.frames()) {
        const { kept } = clients;
        kept?.add(frame);
        if (kept === undefined ? waits : kept.enough) await clients.present(signal);
        if (signal.aborted) return;
        if (kept !== undefined) await clients.deliver();
        else {
          const { data, ...facts } = frame;
          await clients.send({ type: 'frame', frame: facts, bytes: data.length }, data);
        }
      }
      await clients.part({ type: 'end' });
    } catch (error) {
      await clients.part({ type: 'error', error: toErrorRecord(error) });
    }
    await aborted(signal);
  } finally {
    clients.close();
    server.close();
  }
}

/** Tells everybody who connects why there are no frames, until the signal aborts. */
export async function serveRefusal(path: string, error: ErrorRecord, signal: AbortSignal): Promise<void> {
  const clients = new Clients();
  await clients.greet({ type: 'error', error });
  const server = createServer((socket) => clients.add(socket));
  await listenOn(server, path);
  await aborted(signal);
  clients.close();
  server.close();
}

/** The process that takes the frames: of several the newest, for the others are dead or dying. */
class Clients {
  /** Frames that the next one may need. */
  kept: UnsettledFrames | undefined;
  readonly #greetings: FrameMessage[] = [];
  /** What comes after all frames. */
  #last: FrameMessage | undefined;
  #socket: Socket | undefined;
  #wake = () => {};
  #delivering: Promise<void> = Promise.resolve();

  add(socket: Socket): void {
    this.#socket?.destroy();
    this.#socket = socket;
    socket.on('error', () => {});
    socket.once('close', () => {
      if (this.#socket === socket) this.#socket = undefined;
    });
    for (const message of this.#greetings) void writeMessage(socket, message);
    void this.#hear(socket);
    void this.deliver().then(() => {
      if (this.#last !== undefined) return writeMessage(socket, this.#last);
    });
    this.#wake();
  }

  /** Sends a message to whoever is there, and first of all to everybody who comes. */
  async greet(message: FrameMessage): Promise<void> {
    this.#greetings.push(message);
    await this.send(message);
  }

  /** Sends a message behind all frames, to whoever is there and to everybody who comes. */
  async part(message: FrameMessage): Promise<void> {
    await this.deliver();
    this.#last = message;
    await this.send(message);
  }

  async send(message: FrameMessage, pixels?: Uint8Array): Promise<void> {
    if (this.#socket !== undefined) await writeMessage(this.#socket, message, pixels);
  }

  /** Sends all that is kept and was not sent to the one who is there. */
  deliver(): Promise<void> {
    this.#delivering = this.#delivering.then(async () => {
      for (let socket = this.#socket; socket !== undefined; socket = this.#socket) {
        const next = this.kept?.next(socket);
        if (next === undefined) return;
        if (!('data' in next)) {
          await writeMessage(socket, { type: 'late', late: next });
          continue;
        }
        const { data, ...facts } = next;
        await writeMessage(socket, { type: 'frame', frame: facts, bytes: data.length }, data);
      }
    });
    return this.#delivering;
  }

  /** Waits until somebody is there. */
  async present(signal: AbortSignal): Promise<void> {
    while (this.#socket === undefined && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  close(): void {
    this.#socket?.destroy();
  }

  /** Whoever takes frames says which are listed. */
  async #hear(socket: Socket): Promise<void> {
    try {
      for await (const { message } of readFrameMessages(socket))
        if (message.type === 'settled' && socket === this.#socket)
          this.kept?.settle(message.number, message.heard);
    } catch {
      // It has left: the next one hears all again.
    }
  }
}
