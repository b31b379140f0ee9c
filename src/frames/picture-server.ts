import { createServer, type Socket } from 'node:net';
import type { EpochMicroseconds, Microseconds } from '../clock.ts';
import { listenOn, readMessages, writeMessage } from '../container/messages.ts';
import type { PictureRun } from '../hls/marker-runs.ts';
import type { PublishedFrame } from './frames-channel.ts';
import { inPlaceOf, type Picture } from './picture.ts';
import { createSampling, type PictureView } from './sampling.ts';

/**
 * Pictures that are too large for the store go from the stream process to the detectors beside it over a local socket.
 * Whoever connects says once which pictures are wanted; then they come, the newest first of all: of one that reads slowly
 * a single picture waits.
 */

/** What is asked for; the first and only message of whoever connects. */
export type PictureRequest = PictureView;

/** What comes: a picture and its pixels, or that the source has ended for good. */
export type PictureMessage =
  | {
      readonly type: 'picture';
      readonly pts: Microseconds;
      readonly date: EpochMicroseconds;
      readonly width: number;
      readonly height: number;
      readonly dropped: number;
      readonly discontinuity: boolean;
      readonly run?: PictureRun;
      readonly bytes: number;
    }
  | { readonly type: 'end' };

/** A request is no longer than this, in bytes. */
const LONGEST_REQUEST = 1000;

/** The sending side. */
export interface PictureServer {
  /** Takes the next frame; never waits, never throws. Repeated frames and filler are left out. */
  publish(frame: PublishedFrame): void;
  /** Tells everybody that the source has ended for good. Not for an orderly stop. */
  end(): void;
  close(): void;
}

/** Listens on a local socket; rejects where that cannot be. */
export async function servePictures(path: string): Promise<PictureServer> {
  const viewers = new Set<Viewer>();
  let published = 0;
  let ended = false;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    void requestOf(socket).then((view) => {
      if (view === undefined) return void socket.destroy();
      // What was shown before it came is lost for it.
      const viewer = new Viewer(socket, view, published);
      viewers.add(viewer);
      if (ended) viewer.end();
      socket.once('close', () => viewers.delete(viewer));
    });
  });
  await listenOn(server, path);
  return {
    publish(frame) {
      ended = false;
      for (const viewer of viewers) viewer.show(frame);
      published += 1;
    },
    end() {
      ended = true;
      for (const viewer of viewers) viewer.end();
    },
    close() {
      server.close();
      for (const viewer of viewers) viewer.close();
    },
  };
}

async function requestOf(socket: Socket): Promise<PictureRequest | undefined> {
  const messages = readMessages<PictureRequest>(socket, { longest: LONGEST_REQUEST, bytesOf: () => 0 });
  return (await messages.next().catch(() => undefined))?.value?.message;
}

/** One that looks at pictures. */
class Viewer {
  readonly #socket: Socket;
  readonly #sample: (picture: Picture) => Picture | undefined;
  /** Frames of which nothing was sent, since the last picture. */
  #lost: number;
  #waiting: Picture | undefined;
  #ended = false;
  #sending = false;

  constructor(socket: Socket, view: PictureView, lost: number) {
    this.#socket = socket;
    this.#sample = createSampling(view);
    this.#lost = lost;
  }

  show(frame: PublishedFrame): void {
    const { data } = frame;
    const sampled = this.#sample({ ...frame, dropped: this.#lost });
    this.#lost = 0;
    if (sampled === undefined) return;
    // The owner of the frame may draw the next one into it.
    const picture = sampled.data === data ? { ...sampled, data: new Uint8Array(data) } : sampled;
    this.#waiting = this.#waiting === undefined ? picture : inPlaceOf(this.#waiting, picture, 1);
    void this.#send();
  }

  end(): void {
    this.#ended = true;
    void this.#send();
  }

  close(): void {
    this.#socket.destroy();
  }

  async #send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    while (this.#waiting !== undefined) {
      const { data, ...facts } = this.#waiting;
      this.#waiting = undefined;
      await this.#write({ type: 'picture', ...facts, bytes: data.length }, data);
    }
    if (this.#ended) await this.#write({ type: 'end' });
    this.#ended = false;
    this.#sending = false;
    if (this.#waiting !== undefined || this.#ended) void this.#send();
  }

  #write(message: PictureMessage, pixels?: Uint8Array): Promise<void> {
    return writeMessage(this.#socket, message, pixels);
  }
}
