import type { Readable, Writable } from 'node:stream';
import { ByteReader } from '../container/byte-reader.ts';
import type { Frame } from '../container/frame.ts';
import type { ErrorRecord } from '../errors.ts';
import { LONGEST_LINE } from './frame-line.ts';
import type { Source } from './source.ts';

/** What a connection begins with. */
export type SourceShape = Pick<Source, 'width' | 'height' | 'frameRate' | 'live' | 'session'>;

/**
 * What goes from the process that owns standard input to the one that encodes: one of these, then the pixels. `settled`
 * goes the other way: see {@link Source.settled}.
 */
export type FrameMessage =
  | { readonly type: 'shape'; readonly shape: SourceShape }
  | { readonly type: 'frame'; readonly frame: Omit<Frame, 'data'>; readonly bytes: number }
  | { readonly type: 'settled'; readonly number: number }
  | { readonly type: 'end' }
  | { readonly type: 'error'; readonly error: ErrorRecord };

/** A head is no longer than this, in bytes: a line of JSON, written anew, may have become several times as long. */
const LONGEST_HEAD = 8 * LONGEST_LINE;

/** Writes a message, a length of four bytes before it, and the pixels behind it; resolves when there is room for more. */
export async function writeMessage(to: Writable, message: FrameMessage, pixels?: Uint8Array): Promise<void> {
  const text = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(4 + text.length);
  head.writeUInt32BE(text.length);
  text.copy(head, 4);
  let room = to.write(head);
  if (pixels !== undefined) room = to.write(pixels);
  if (room || !to.writable) return;
  await new Promise<void>((resolve) => {
    const settle = () => {
      to.off('drain', settle).off('close', settle).off('error', settle);
      resolve();
    };
    to.on('drain', settle).on('close', settle).on('error', settle);
  });
}

/** The messages of a connection with their pixels; ends where it breaks off, without what came in part. */
export async function* readMessages(
  from: Readable,
): AsyncGenerator<{ readonly message: FrameMessage; readonly pixels: Uint8Array }, void, undefined> {
  const reader = new ByteReader(from);
  for (;;) {
    const length = (await reader.take(4))?.readUInt32BE();
    if (length === undefined || length > LONGEST_HEAD) return;
    const head = await reader.take(length);
    if (head === undefined) return;
    const message = JSON.parse(head.toString()) as FrameMessage;
    const pixels = await reader.take(message.type === 'frame' ? message.bytes : 0);
    if (pixels === undefined) return;
    yield { message, pixels };
  }
}
