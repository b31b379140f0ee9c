import { LARGEST_IN_STORE } from '../frames/picture.ts';

/** The local socket on which the input child hands frames on, if a launcher started one. */
export function inputSocket(): string | undefined {
  return process.env.HLSSTREAM_INPUT_SOCKET || undefined;
}

/** Where pictures go that are too large for the store, with a launcher; undefined for those that are not. */
export function picturesSocket(width: number): string | undefined {
  return (width > LARGEST_IN_STORE && process.env.HLSSTREAM_PICTURES_SOCKET) || undefined;
}
