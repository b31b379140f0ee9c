import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Milliseconds } from '../clock.ts';
import { readMessages, writeMessage } from '../container/messages.ts';
import type { FollowFramesOptions } from './frames-channel.ts';
import type { Picture } from './picture.ts';
import type { PictureMessage } from './picture-server.ts';
import type { PictureView } from './sampling.ts';

/** How long one attempt to connect follows another. */
const RETRY: Milliseconds = 100;
/** What is said of a picture is no longer than this, in bytes. */
const LONGEST_HEAD = 1000;

/**
 * The pictures that the stream process hands on over a local socket, from now on, as they are wanted. Goes on by itself
 * when that is another process (the picture then says `discontinuity`). Ends with the signal.
 */
export async function* receivePictures(
  path: string,
  view: PictureView,
  { signal, onEnd = () => {} }: Pick<FollowFramesOptions, 'signal' | 'onEnd'>,
): AsyncGenerator<Picture, void, undefined> {
  let isAnother = false;
  while (!signal.aborted) {
    const socket = await connected(path);
    if (socket === undefined) {
      await pause(RETRY, undefined, { signal }).catch(() => {});
      continue;
    }
    const leave = () => socket.destroy();
    signal.addEventListener('abort', leave);
    try {
      void writeMessage(socket, view);
      const bytesOf = (message: PictureMessage) => (message.type === 'picture' ? message.bytes : 0);
      const messages = readMessages<PictureMessage>(socket, { longest: LONGEST_HEAD, bytesOf });
      for (;;) {
        // One that is killed breaks off in the middle.
        const next = await messages.next().catch(() => undefined);
        if (next === undefined || next.done) break;
        const { message, bytes: data } = next.value;
        if (message.type === 'end') {
          onEnd();
          continue;
        }
        const { type, bytes, discontinuity, ...facts } = message;
        yield { ...facts, discontinuity: discontinuity || isAnother, data };
        isAnother = false;
      }
      isAnother = true;
    } finally {
      signal.removeEventListener('abort', leave);
      socket.destroy();
    }
  }
}

/** Connects; undefined when nobody listens. */
async function connected(path: string): Promise<Socket | undefined> {
  const socket = connect(path);
  const isOpen = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
  socket.on('error', () => {});
  if (isOpen) return socket;
  socket.destroy();
  return undefined;
}
