/** Of each video one: a browser takes its time to call back. */
const watches = new WeakMap<HTMLVideoElement, () => number | undefined>();

/**
 * Begins to note which frame of `video` the browser has presented, for all who ask; gives its media time in seconds of
 * player time, which while playing is exact where `currentTime` has moved on; undefined before the first.
 */
export function watchPresentedFrame(video: HTMLVideoElement): () => number | undefined {
  const known = watches.get(video);
  if (known !== undefined) return known;
  let time: number | undefined;
  const onFrame: VideoFrameRequestCallback = (_now, { mediaTime }) => {
    time = mediaTime;
    video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback?.(onFrame);
  const presented = () => time;
  watches.set(video, presented);
  return presented;
}
