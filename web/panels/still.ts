import type { StreamInfo } from '../api/stream-info.ts';
import { clipUrl } from './clip-range.ts';

/** The newest picture of a stream in full size: a clip of a moment, of which the browser shows the first frame. */
export interface Still {
  /** Takes the place of what it held before, once a picture is there. */
  readonly element: HTMLElement;
  /** The stream was described anew. */
  use(stream: StreamInfo): void;
}

/** Length of the clip, and how far it stays from the edge, where the server may know of less; microseconds. */
const LENGTH = 200_000;
const APART = 100_000;
const TIMEOUT = 10_000;

/** One after the other: a server cuts only a few clips at a time, and others want theirs. */
let queue: Promise<void> = Promise.resolve();

/** Makes it, empty. */
export function createStill(): Still {
  const element = document.createElement('div');
  element.className = 'card-frame';
  let shown: number | undefined;
  let asking = false;

  async function show(clips: string, edge: number): Promise<void> {
    const to = edge - APART;
    const response = await fetch(clipUrl(clips, { from: to - LENGTH, to }), {
      signal: AbortSignal.timeout(TIMEOUT),
    });
    if (!response.ok) return;
    const url = URL.createObjectURL(await response.blob());
    const video = await firstFrame(url).finally(() => URL.revokeObjectURL(url));
    element.replaceChildren(video);
    shown = edge;
  }

  return {
    element,
    use({ clips, edge }) {
      if (clips === undefined || edge === undefined || asking || edge.date === shown || document.hidden)
        return;
      asking = true;
      // Without it the thumbnail stays in sight.
      queue = queue
        .then(() => show(clips, edge.date))
        .catch(() => {})
        .finally(() => {
          asking = false;
        });
    },
  };
}

/** A video that shows its first frame and never plays. Rejects when it has none. */
function firstFrame(url: string): Promise<HTMLVideoElement> {
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  video.preload = 'auto';
  return new Promise((resolve, reject) => {
    video.addEventListener('loadeddata', () => resolve(video), { once: true });
    video.addEventListener('error', () => reject(new Error('the clip has no picture')), { once: true });
    // Where nothing is shown before a seek, this is one.
    video.src = `${url}#t=0.001`;
  });
}
