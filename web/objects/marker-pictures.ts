import type { Microseconds } from '../../src/clock.ts';
import { SAME_FRAME } from '../../src/objects/shown.ts';
import { markersAtFrame } from '../markers/at-frame.ts';
import type { Box } from '../markers/box.ts';
import type { MarkerList } from '../markers/marker-list.ts';
import { pictureTaker, takeSoon } from '../player/picture.ts';
import { watchPresentedFrame } from '../player/presented-frame.ts';
import type { Area } from './picture-area.ts';

/** Small pictures of what markers have a box round, cut from their very frames when those are on screen. */
export interface MarkerPictures {
  /** As a data URL; undefined as long as there is none. */
  of(id: string): string | undefined;
}

/** What they are cut from, and for whom. */
export interface MarkerPicturesOptions {
  readonly video: HTMLVideoElement;
  ptsOf(mediaTime: number): Microseconds | undefined;
  markers(): MarkerList | undefined;
}

/** Of a picture, in pixels: twice what it is shown at. */
const WIDTH = 128;
const HEIGHT = 80;
const QUALITY = 0.8;
/** So many are kept, each of a few kilobytes. */
const MOST = 300;
/** So much more than the box is shown, and this share of the picture at least. */
const AROUND = 1.5;
const LEAST = 0.12;

/** Begins to watch the frames of a video. */
export function createMarkerPictures({ video, ptsOf, markers }: MarkerPicturesOptions): MarkerPictures {
  const pictures = new Map<string, string>();
  const take = pictureTaker(video);
  const presented = watchPresentedFrame(video);
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width: WIDTH, height: HEIGHT });
  const context = canvas.getContext('2d', { alpha: false });

  function onFrame(_now: number, { mediaTime }: VideoFrameCallbackMetadata): void {
    video.requestVideoFrameCallback(onFrame);
    if (wantedAt(mediaTime).length > 0) void cut();
  }

  function wantedAt(time: number): MarkerList {
    const pts = ptsOf(time);
    if (pts === undefined) return [];
    const here = markersAtFrame(markers() ?? [], pts, SAME_FRAME);
    return here.filter(({ id, box }) => box !== undefined && !pictures.has(id));
  }

  async function cut(): Promise<void> {
    const picture = await takeSoon(take, presented);
    if (picture === undefined || context === null) return;
    const { videoWidth, videoHeight } = video;
    // It may be of another frame than the one that was told of.
    for (const { id, box } of wantedAt(picture.time)) {
      if (box === undefined) continue;
      const { left, top, width, height } = areaAround(box, videoWidth, videoHeight);
      context.drawImage(picture.image, left, top, width, height, 0, 0, WIDTH, HEIGHT);
      pictures.set(id, canvas.toDataURL('image/jpeg', QUALITY));
    }
    picture.close();
    for (const id of pictures.keys()) {
      if (pictures.size <= MOST) break;
      pictures.delete(id);
    }
  }

  video.requestVideoFrameCallback?.(onFrame);
  return { of: (id) => pictures.get(id) };
}

/** What to cut out for a box: it, with something around, in the shape of a small picture; in pixels. Pure. */
export function areaAround([left, top, across, down]: Box, width: number, height: number): Area {
  const ratio = WIDTH / HEIGHT;
  const wide = Math.max(across * width * AROUND, down * height * AROUND * ratio, width * LEAST);
  const size = Math.min(wide, width, height * ratio);
  const x = (left + across / 2) * width - size / 2;
  const y = (top + down / 2) * height - size / ratio / 2;
  return {
    left: Math.max(0, Math.min(x, width - size)),
    top: Math.max(0, Math.min(y, height - size / ratio)),
    width: size,
    height: size / ratio,
  };
}
