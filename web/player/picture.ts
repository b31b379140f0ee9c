import { toSeconds } from '../../src/clock.ts';

/** A picture of a video, and the frame that it is of. Whoever takes it closes it. */
export interface Picture {
  readonly image: CanvasImageSource;
  /** Media time of the frame, in seconds of player time. */
  readonly time: number;
  close(): void;
}

/** Takes the picture on screen; undefined where it cannot be told, for now, of which frame it is. */
export type TakePicture = (mediaTime: number) => Picture | undefined;

/** Times that a browser gives in seconds and in microseconds agree to this, in seconds. */
const SAME = 3e-6;
/** A browser whose pictures have not told their time by so many frames does not do so. */
const TRIES = 12;
/** By so many repaints it is known whether it does. */
const MOST_REPAINTS = TRIES + 4;

/**
 * Begins to take pictures of `video`. What it shows may be a frame further than the one that the browser tells of: so
 * a picture is taken that tells its own time, where there are such and once their times have proved right.
 */
export function pictureTaker(video: HTMLVideoElement): TakePicture {
  let tellsTime = false;
  let tries = typeof VideoFrame === 'undefined' ? TRIES : 0;
  const copy = document.createElement('canvas');

  return (mediaTime) => {
    if (video.videoWidth === 0 || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return undefined;
    if (tries >= TRIES) return copied(mediaTime);
    const frame = new VideoFrame(video);
    const time = toSeconds(frame.timestamp);
    // At zero any clock is right.
    const agrees = Math.abs(time - mediaTime) <= SAME;
    if (agrees && mediaTime > 0) tellsTime = true;
    if (agrees || tellsTime) return { image: frame, time, close: () => frame.close() };
    frame.close();
    tries += 1;
    return undefined;
  };

  /** What the video shows now, which may be gone when it is painted again. */
  function copied(time: number): Picture {
    const { videoWidth: width, videoHeight: height } = video;
    Object.assign(copy, { width, height });
    copy.getContext('2d', { alpha: false })?.drawImage(video, 0, 0);
    return { image: copy, time, close: () => {} };
  }
}

/**
 * Takes the picture on screen at once, or with one of the next repaints where it cannot be told yet of which frame it is;
 * undefined where there is none.
 * @param presented media time of the frame that the browser has told of last
 */
export async function takeSoon(
  take: TakePicture,
  presented: () => number | undefined,
): Promise<Picture | undefined> {
  for (let repaints = 0; ; repaints += 1) {
    const time = presented();
    const picture = time === undefined ? undefined : take(time);
    if (time === undefined || picture !== undefined || repaints >= MOST_REPAINTS) return picture;
    await new Promise(requestAnimationFrame);
  }
}
