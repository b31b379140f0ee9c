import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { LARGEST_IN_STORE } from '../frames/picture.ts';

/** The local socket on which the input child hands frames on, if a launcher started one. */
export function inputSocket(): string | undefined {
  return process.env.HLSSTREAM_INPUT_SOCKET || undefined;
}

/** Where pictures go that are too large for the store, with a launcher; undefined for those that are not. */
export function picturesSocket(width: number): string | undefined {
  return (width > LARGEST_IN_STORE && process.env.HLSSTREAM_PICTURES_SOCKET) || undefined;
}

/** Removes the folder of these sockets, which a launcher that was killed could not remove; named pipes go by themselves. */
export function removeSockets(): void {
  const { HLSSTREAM_PICTURES_SOCKET: socket = '' } = process.env;
  if (socket.endsWith('.sock')) rmSync(dirname(socket), { recursive: true, force: true });
}
