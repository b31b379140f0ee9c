/** Kinds of picture that a snapshot may be. */
export type SnapshotKind = 'png' | 'jpeg';

const JPEG_QUALITY = 0.92;

/** The frame on screen in its own size; undefined while there is none, or where the browser makes no picture. */
export async function snapshotOf(video: HTMLVideoElement, kind: SnapshotKind): Promise<Blob | undefined> {
  const { videoWidth, videoHeight } = video;
  if (videoWidth === 0 || video.readyState < 2) return undefined;
  const canvas = document.createElement('canvas');
  canvas.width = videoWidth;
  canvas.height = videoHeight;
  canvas.getContext('2d')?.drawImage(video, 0, 0);
  return new Promise((resolve) => {
    canvas.toBlob((blob) => resolve(blob ?? undefined), `image/${kind}`, JPEG_QUALITY);
  });
}
