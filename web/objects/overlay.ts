import { type Picture, pictureTaker } from '../player/picture.ts';
import { watchPresentedFrame } from '../player/presented-frame.ts';
import { pictureArea } from './picture-area.ts';

/** What is painted over a picture that fills the canvas. */
export type PaintOver = (
  context: CanvasRenderingContext2D,
  frame: { readonly time: number; readonly width: number; readonly height: number; readonly scale: number },
) => void;

/** A canvas on the picture of a video that shows the very same pictures, with something painted over them. */
export interface Overlay {
  /** Without it there is no canvas, and nothing is done. */
  show(on: boolean): void;
  /** What is painted over the picture has changed. */
  repaint(): void;
}

/**
 * Makes it, not shown. Beside a <video> that plays something is painted a frame late now and then: so picture and what
 * lies over it are painted at once, each time that the browser presents a frame.
 * @param mount puts an element right over the video, from where its offset parent begins
 */
export function createOverlay(
  video: HTMLVideoElement,
  mount: (element: HTMLElement) => void,
  paintOver: PaintOver,
): Overlay {
  const frame = document.createElement('div');
  frame.className = 'overlay';
  const canvas = document.createElement('canvas');
  // What it shows the video and the page say otherwise.
  canvas.setAttribute('aria-hidden', 'true');
  frame.append(canvas);
  const context = canvas.getContext('2d', { alpha: false });
  const take = pictureTaker(video);
  const presented = watchPresentedFrame(video);
  const sizes = new ResizeObserver(layOut);
  let picture: Picture | undefined;
  let request = 0;
  let retry = 0;
  let isOn = false;

  function onFrame(_now: number, { mediaTime }: VideoFrameCallbackMetadata): void {
    request = video.requestVideoFrameCallback(onFrame);
    takePicture(mediaTime);
  }

  function takePicture(mediaTime: number | undefined): void {
    cancelAnimationFrame(retry);
    const taken = mediaTime === undefined ? undefined : take(mediaTime);
    if (taken === undefined) {
      // Picture and boxes of before still belong together. While it stands no other frame comes.
      if (mediaTime !== undefined) retry = requestAnimationFrame(() => takePicture(presented()));
      return;
    }
    picture?.close();
    picture = taken;
    if (frame.parentElement === null) mount(frame);
    layOut();
  }

  /** Puts the canvas where the picture is, and paints. */
  function layOut(): void {
    const parent = frame.offsetParent;
    if (!isOn || parent === null || video.videoWidth === 0) return;
    const box = video.getBoundingClientRect();
    const origin = parent.getBoundingClientRect();
    const scale = devicePixelRatio;
    const area = pictureArea(box, video.videoWidth / video.videoHeight, scale);
    place(frame, {
      left: box.left - origin.left,
      top: box.top - origin.top,
      width: box.width,
      height: box.height,
    });
    place(canvas, {
      left: area.left / scale - box.left,
      top: area.top / scale - box.top,
      width: area.width / scale,
      height: area.height / scale,
    });
    const { width, height } = area;
    // To set its size clears a canvas.
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    paint(scale);
  }

  function paint(scale: number): void {
    if (context === null || picture === undefined) return;
    const { width, height } = canvas;
    context.drawImage(picture.image, 0, 0, width, height);
    paintOver(context, { time: picture.time, width, height, scale });
  }

  return {
    show(on) {
      if (on === isOn) return;
      isOn = on;
      if (on) {
        request = video.requestVideoFrameCallback(onFrame);
        // While it stands no frame comes: the one on screen was presented before.
        takePicture(presented());
        sizes.observe(video);
        addEventListener('resize', layOut);
        return;
      }
      video.cancelVideoFrameCallback(request);
      cancelAnimationFrame(retry);
      sizes.disconnect();
      removeEventListener('resize', layOut);
      frame.remove();
      picture?.close();
      picture = undefined;
    },
    repaint: layOut,
  };
}

function place(
  element: HTMLElement,
  area: Readonly<Record<'left' | 'top' | 'width' | 'height', number>>,
): void {
  const { style } = element;
  for (const side of ['left', 'top', 'width', 'height'] as const) {
    const length = `${area[side]}px`;
    if (style[side] !== length) style[side] = length;
  }
}
