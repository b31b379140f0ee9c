import { rmSync } from 'node:fs';
import type { Server } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { ByteReader } from './byte-reader.ts';

/**
 * How processes of one machine hand pictures on over a local socket: a length of four bytes, so many of JSON, and then the
 * pixels that it speaks of.
 */

/** Listens on a local socket, also where one that was killed has left its own behind; rejects where that cannot be. */
export async function listenOn(server: Server, path: string): Promise<void> {
  if (process.platform !== 'win32') rmSync(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Writes a message and the bytes that belong to it; resolves when there is room for more, or nobody reads any more. */
export async function writeMessage(to: Writable, message: object, bytes?: Uint8Array): Promise<void> {
  const text = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(4 + text.length);
  head.writeUInt32BE(text.length);
  text.copy(head, 4);
  let room = to.write(head);
  if (bytes !== undefined) room = to.write(bytes);
  if (room || !to.writable) return;
  await new Promise<void>((resolve) => {
    const settle = () => {
      to.off('drain', settle).off('close', settle).off('error', settle);
      resolve();
    };
    to.on('drain', settle).on('close', settle).on('error', settle);
  });
}

/** How messages are read. */
export interface MessageLimits<Message> {
  /** What is said in JSON is no longer than this, in bytes. */
  readonly longest: number;
  /** How many bytes follow a message. */
  readonly bytesOf: (message: Message) => number;
}

/** The messages of a connection with their bytes; ends where it breaks off, without what came in part. */
export async function* readMessages<Message extends object>(
  from: Readable,
  { longest, bytesOf }: MessageLimits<Message>,
): AsyncGenerator<{ readonly message: Message; readonly bytes: Uint8Array }, void, undefined> {
  const reader = new ByteReader(from);
  for (;;) {
    const length = (await reader.take(4))?.readUInt32BE();
    if (length === undefined || length > longest) return;
    const head = await reader.take(length);
    if (head === undefined) return;
    const message = JSON.parse(head.toString()) as Message;
    const bytes = await reader.take(bytesOf(message));
    if (bytes === undefined) return;
    yield { message, bytes };
  }
}
