import type { Picture } from './picture.ts';

/** Kinds of picture that a snapshot may be. */
export type SnapshotKind = 'png' | 'jpeg';

/** Size of a picture, in pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

const JPEG_QUALITY = 0.92;

/**
 * A picture as a file, in its own size; undefined where the browser makes none.
 * @param paintOver paints something over it
 */
export async function snapshotOf(
  { image }: Picture,
  { width, height }: PictureSize,
  kind: SnapshotKind,
  paintOver?: (context: CanvasRenderingContext2D) => void,
): Promise<Blob | undefined> {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d');
  context?.drawImage(image, 0, 0, width, height);
  if (context) paintOver?.(context);
  return new Promise((resolve) => {
    canvas.toBlob((blob) => resolve(blob ?? undefined), `image/${kind}`, JPEG_QUALITY);
  });
}
