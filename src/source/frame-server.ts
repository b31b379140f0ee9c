import { createServer, type Socket } from 'node:net';
import { type ErrorRecord, toErrorRecord } from '../errors.ts';
import { aborted } from './aborted.ts';
import { type FrameMessage, writeMessage } from './frame-wire.ts';
import type { Source } from './source.ts';

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
 * whoever dies in the middle of one leaves the next a fresh beginning. Resolves when the signal aborts.
 * @throws HlsStreamError what opening the source throws
 */
export async function serveFrames({ path, open, waits, signal, onReady }: FrameServerOptions): Promise<void> {
  const clients = new Clients();
  const server = createServer((socket) => clients.add(socket));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  try {
    const source = await open();
    const { width, height, frameRate, live } = source;
    await clients.greet({ type: 'shape', shape: { width, height, frameRate, live } });
    onReady?.();
    // The first frames are for whoever comes first.
    await clients.present(signal);
    try {
      for await (const { data, ...frame } of source.frames()) {
        if (waits) await clients.present(signal);
        if (signal.aborted) return;
        await clients.send({ type: 'frame', frame, bytes: data.length }, data);
      }
      await clients.greet({ type: 'end' });
    } catch (error) {
      await clients.greet({ type: 'error', error: toErrorRecord(error) });
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
  const server = createServer((socket) => clients.add(socket)).listen(path);
  await aborted(signal);
  clients.close();
  server.close();
}

/** The process that takes the frames: of several the newest, for the others are dead or dying. */
class Clients {
  readonly #greetings: FrameMessage[] = [];
  #socket: Socket | undefined;
  #wake = () => {};

  add(socket: Socket): void {
    this.#socket?.destroy();
    this.#socket = socket;
    socket.on('error', () => {});
    socket.once('close', () => {
      if (this.#socket === socket) this.#socket = undefined;
    });
    for (const message of this.#greetings) void writeMessage(socket, message);
    this.#wake();
  }

  /** Sends a message to whoever is there, and first of all to everybody who comes. */
  async greet(message: FrameMessage): Promise<void> {
    this.#greetings.push(message);
    await this.send(message);
  }

  async send(message: FrameMessage, pixels?: Uint8Array): Promise<void> {
    if (this.#socket !== undefined) await writeMessage(this.#socket, message, pixels);
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
}
