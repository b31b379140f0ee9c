import type { Readable } from 'node:stream';
import type { FfmpegProgram } from '../ffmpeg/program.ts';

/**
 * What another program writes, for an ffmpeg that may have to be started a second time once its pictures have been
 * seen: what was read until then is kept and given again.
 */
export class StandardInput {
  readonly #stream: Readable;
  #kept: Uint8Array[] | undefined = [];

  constructor(stream: Readable) {
    this.#stream = stream;
  }

  /** The first bytes, which stay; empty if there are none at all. */
  peek(signal?: AbortSignal): Promise<Uint8Array> {
    return firstBytes(this.#stream, signal);
  }

  /** Pipes into a program as far as it wants it, from the beginning; returns what lets go of it. */
  feed(program: FfmpegProgram): () => void {
    for (const chunk of this.#kept ?? []) program.stdin.write(chunk);
    const keep = (chunk: Uint8Array) => this.#kept?.push(chunk);
    this.#stream.on('data', keep);
    this.#stream.pipe(program.stdin);
    return () => {
      this.#stream.off('data', keep);
      this.#stream.unpipe(program.stdin);
      this.#stream.pause();
    };
  }

  /** It is not read from its beginning any more. */
  forget(): void {
    this.#kept = undefined;
  }

  /** Nothing more is wanted. */
  close(): void {
    this.#stream.destroy();
  }
}

/** The first bytes of a stream, which stay in it; empty if it ends, or the signal aborts, before any came. */
export function firstBytes(stream: Readable, signal?: AbortSignal): Promise<Uint8Array> {
  return new Promise((resolve) => {
    const look = () => {
      const chunk = stream.read() as Uint8Array | null;
      if (chunk === null && !stream.readableEnded && !stream.destroyed && !signal?.aborted) return;
      for (const event of EVENTS) stream.off(event, look);
      signal?.removeEventListener('abort', look);
      if (chunk !== null) stream.unshift(chunk);
      resolve(chunk ?? new Uint8Array(0));
    };
    for (const event of EVENTS) stream.on(event, look);
    signal?.addEventListener('abort', look);
    look();
  });
}

const EVENTS = ['readable', 'end', 'close', 'error'] as const;
