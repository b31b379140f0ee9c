import { pictureTaker } from '../player/picture.ts';
import { watchPresentedFrame } from '../player/presented-frame.ts';
import { pictureArea } from './picture-area.ts';

/** What is painted over a picture that fills the canvas. */
export type PaintOver = (
  context: CanvasRenderingContext2D,
  frame: { readonly time: number; readonly width: number; readonly height: number; readonly scale: number },
) => void;

/** Canvases on the picture of a video: one that shows the very same pictures, and one with what is painted over them. */
export interface Overlay {
  /** Without it there are no canvases, and nothing is done. */
  show(on: boolean): void;
  /** What is painted over the picture has changed. */
  repaint(): void;
}

/**
 * Makes it, not shown. Beside a <video> that plays something is painted a frame late now and then: so picture and what
 * lies over it are painted at once, each time that the browser presents a frame. They are two canvases, for it is the
 * browser that makes a picture larger, and not the page's main thread.
 * @param mount puts an element right over the video, from where its offset parent begins
 */
export function createOverlay(
  video: HTMLVideoElement,
  mount: (element: HTMLElement) => void,
  paintOver: PaintOver,
): Overlay {
  const frame = document.createElement('div');
  frame.className = 'overlay';
  // What they show the video and the page say otherwise.
  frame.setAttribute('aria-hidden', 'true');
  const [below, above] = [document.createElement('canvas'), document.createElement('canvas')];
  frame.append(below, above);
  const picture = below.getContext('2d', { alpha: false });
  const context = above.getContext('2d');
  const take = pictureTaker(video);
  const presented = watchPresentedFrame(video);
  const sizes = new ResizeObserver(resized);
  /** Of the frame whose picture is shown. */
  let time: number | undefined;
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
    if (frame.parentElement === null) mount(frame);
    layOut();
    // More than there is of a picture, or is seen of it, needs no painting.
    resize(below, Math.min(above.width, video.videoWidth), Math.min(above.height, video.videoHeight));
    picture?.drawImage(taken.image, 0, 0, below.width, below.height);
    ({ time } = taken);
    taken.close();
    paint();
  }

  /** Puts the canvases where the picture is. */
  function layOut(): void {
    const parent = frame.offsetParent;
    const { videoWidth, videoHeight } = video;
    if (parent === null || videoWidth === 0) return;
    const box = video.getBoundingClientRect();
    const origin = parent.getBoundingClientRect();
    const scale = devicePixelRatio;
    const area = pictureArea(box, videoWidth / videoHeight, scale);
    place(frame, {
      left: box.left - origin.left,
      top: box.top - origin.top,
      width: box.width,
      height: box.height,
    });
    for (const canvas of [below, above])
      place(canvas, {
        left: area.left / scale - box.left,
        top: area.top / scale - box.top,
        width: area.width / scale,
        height: area.height / scale,
      });
    resize(above, area.width, area.height);
  }

  function repaint(): void {
    layOut();
    paint();
  }

  function paint(): void {
    if (!isOn || context === null || time === undefined) return;
    const { width, height } = above;
    context.clearRect(0, 0, width, height);
    paintOver(context, { time, width, height, scale: devicePixelRatio });
  }

  function resized(): void {
    if (!isOn || time === undefined) return;
    repaint();
    // That it is as sharp as it can be.
    takePicture(presented());
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
        addEventListener('resize', resized);
        return;
      }
      video.cancelVideoFrameCallback(request);
      cancelAnimationFrame(retry);
      sizes.disconnect();
      removeEventListener('resize', resized);
      frame.remove();
      time = undefined;
    },
    repaint,
  };
}

/** To set its size clears a canvas. */
function resize(canvas: HTMLCanvasElement, width: number, height: number): void {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
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
