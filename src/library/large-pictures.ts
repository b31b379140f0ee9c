import { rm } from 'node:fs/promises';
import type { WatchOptions } from '../detector/watch.ts';
import { LARGEST_IN_STORE } from '../frames/picture.ts';
import { receivePictures } from '../frames/picture-client.ts';
import { type PictureServer, servePictures } from '../frames/picture-server.ts';
import type { PictureView } from '../frames/sampling.ts';
import { makeSocketFolder, socketIn } from '../local-socket.ts';
import type { Closer } from './places.ts';

/** Pictures that the store does not carry, on their way to detectors. */
export interface LargePictures {
  readonly server: PictureServer;
  /** Where a detector takes its pictures from; undefined for one whose pictures the store carries. */
  of(view: PictureView): WatchOptions['pictures'];
}

/**
 * Opens the way that large pictures take between processes within one; undefined where none are wanted.
 * Rejects with TMP_NOT_WRITABLE where no folder for its socket can be made.
 */
export async function openLargePictures(
  width: number,
  closers: Closer[],
): Promise<LargePictures | undefined> {
  if (width <= LARGEST_IN_STORE) return undefined;
  const folder = makeSocketFolder();
  closers.push(() => rm(folder, { recursive: true, force: true }));
  const path = socketIn(folder, 'pictures');
  const server = await servePictures(path);
  closers.push(() => server.close());
  return {
    server,
    of: (view) =>
      (view.width ?? 0) <= LARGEST_IN_STORE ? undefined : (options) => receivePictures(path, view, options),
  };
}
