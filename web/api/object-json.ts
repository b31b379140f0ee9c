import { fromSeconds } from '../../src/clock.ts';
import type { FrameObject } from '../../src/hls/frame-objects.ts';
import type { SeenObjects } from '../../src/objects/shown.ts';
import { isShare, readBox } from '../markers/box.ts';

/** JSON that is meant to be a T: its fields, whatever is in them. */
type Told<T> = Partial<Record<keyof T, unknown>>;

/** Reads the frames of a sidecar or of an event; what is malformed is left out. Pure. */
export function readObjectFrames(value: unknown): SeenObjects[] {
  const { frames } = (value ?? {}) as { frames?: unknown };
  return array(frames).flatMap((frame): SeenObjects[] => {
    const { pts, source, objects } = (frame ?? {}) as Told<SeenObjects>;
    if (typeof pts !== 'number' || !Number.isFinite(pts)) return [];
    return [
      {
        pts: fromSeconds(pts),
        source: typeof source === 'string' ? source : '',
        objects: array(objects).flatMap((object) => readObject(object) ?? []),
      },
    ];
  });
}

function readObject(value: unknown): FrameObject | undefined {
  const { label, score, track, class: kind, box, outline } = (value ?? {}) as Told<FrameObject>;
  const place = readBox(box);
  if (place === undefined) return undefined;
  const corners = array(outline).filter(isCorner);
  return {
    label: typeof label === 'string' ? label : '',
    ...(typeof score === 'number' && { score }),
    ...(typeof track === 'string' && { track }),
    ...(typeof kind === 'string' && { class: kind }),
    box: place,
    ...(corners.length > 2 && { outline: corners }),
  };
}

function isCorner(value: unknown): value is readonly [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every(isShare);
}

function array(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
