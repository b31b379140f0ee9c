/**
 * Begins to note which frame of `video` the browser has presented; gives its media time in seconds of player
 * time, which while playing is exact where `currentTime` has moved on; undefined before the first.
 */
export function watchPresentedFrame(video: HTMLVideoElement): () => number | undefined {
  let time: number | undefined;
  const onFrame: VideoFrameRequestCallback = (_now, { mediaTime }) => {
    time = mediaTime;
    video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback?.(onFrame);
  return () => time;
}
