import { connect, type Socket } from 'node:net';
import type { Frame } from '../container/frame.ts';
import { writeMessage } from '../container/messages.ts';
import { fromErrorRecord, HlsStreamError } from '../errors.ts';
import type { LateMarking, LateObjects } from '../hls/frame-marker.ts';
import { readFrameMessages } from './frame-wire.ts';
import { systemClock } from './pacer.ts';
import type { Source } from './source.ts';
import { UntilHeard } from './until-heard.ts';

/** How long one attempt to connect follows another, in microseconds. */
const RETRY = 50_000;

/**
 * Frames that another process of ours reads from standard input and hands on; see `frame-server.ts`.
 * @throws HlsStreamError SOURCE_FAILED when that process cannot read it, or left
 */
export async function openSocketInput(path: string, signal: AbortSignal): Promise<Source> {
  const socket = await connected(path, signal);
  const abort = () => socket.destroy();
  signal.addEventListener('abort', abort);
  socket.on('error', () => {});
  const messages = readFrameMessages(socket);
  const late = new UntilHeard<[LateMarking | LateObjects]>();
  const next = async () => {
    const result = await messages.next().catch(() => undefined);
    if (result === undefined || result.done) throw gone();
    if (result.value.message.type === 'error') throw fromErrorRecord(result.value.message.error);
    return result.value;
  };
  async function* frames(): AsyncGenerator<Frame, void, undefined> {
    try {
      for (;;) {
        const { message, bytes } = await next();
        if (message.type === 'end') return;
        if (message.type === 'late') late.report(message.late);
        if (message.type === 'frame') yield { ...message.frame, data: bytes };
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', abort);
      socket.destroy();
    }
  }
  const { message } = await next();
  if (message.type !== 'shape') throw gone();
  if (message.shape.session === undefined) return { ...message.shape, frames };
  const settled = (number: number, heard: number) =>
    void writeMessage(socket, { type: 'settled', number, heard });
  return { ...message.shape, frames, settled, onLate: (listener) => late.listen(listener) };
}

/** Connects as soon as somebody listens. */
async function connected(path: string, signal: AbortSignal): Promise<Socket> {
  for (;;) {
    const socket = connect(path);
    const open = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    if (open) return socket;
    socket.destroy();
    if (signal.aborted) throw gone();
    await systemClock.sleep(RETRY, signal);
  }
}

function gone(): HlsStreamError {
  return new HlsStreamError('SOURCE_FAILED', 'the process that reads standard input has left');
}
