import { fromSeconds, type Microseconds } from '../../clock.ts';
import { HlsStreamError } from '../../errors.ts';
import type { FrameObject, ObjectsFileJson } from '../../hls/frame-objects.ts';
import { objectsFile } from '../../hls/objects-file.ts';
import { mediaFolder } from '../../hls/playlist-log.ts';
import type { RetainedSegment } from '../../hls/retained-page.ts';
import type { SeenObjects } from '../../objects/shown.ts';
import type { Storage } from '../../storage/storage.ts';
import type { LiveStream } from '../live/live-stream.ts';
import type { PtsRange } from '../live/retained-media.ts';
import { single } from './marker-parameters.ts';

/** How boxes are painted into a clip. */
export interface ClipBoxes {
  readonly labels: boolean;
  /** Least score that is painted, 0 to 1. */
  readonly threshold: number;
}

/** Boxes of frames so long before a clip may still be shown at its beginning. */
export const LOOK_BACK: Microseconds = fromSeconds(2);

/** Reads whether boxes are wanted, and how. @throws HlsStreamError BAD_PARAMETER */
export function readClipBoxes(query: URLSearchParams): ClipBoxes | undefined {
  const isOn = onOff(query, 'boxes', 'off');
  const labels = onOff(query, 'labels', 'on');
  const text = single(query, 'score') ?? '0';
  if (!/^(?:0(?:\.\d{1,6})?|1(?:\.0{1,6})?)$/.test(text))
    throw new HlsStreamError(
      'BAD_PARAMETER',
      `score=${JSON.stringify(text.slice(0, 40))} is not a number from 0 to 1`,
    );
  return isOn ? { labels, threshold: Number(text) } : undefined;
}

function onOff(query: URLSearchParams, name: string, otherwise: string): boolean {
  const text = single(query, name) ?? otherwise;
  if (text === 'on' || text === 'off') return text === 'on';
  throw new HlsStreamError('BAD_PARAMETER', `${name}=${JSON.stringify(text.slice(0, 40))} is not on or off`);
}

/**
 * What was said of frames from one PTS to another: of these segments, and what is in no file yet. Rejects with
 * STORAGE_FAILED.
 */
export async function objectsIn(
  storage: Storage,
  stream: LiveStream,
  { segments, from, to }: PtsRange & { readonly segments: readonly RetainedSegment[] },
): Promise<SeenObjects[]> {
  const seen = new Map<string, SeenObjects>();
  const take = (one: SeenObjects) => {
    if (one.pts >= from && one.pts < to) seen.set(`${one.pts} ${one.source}`, one);
  };
  // Looked at first: a frame may get into a file meanwhile.
  for (const { pts, source, objects } of stream.objects.frames)
    take({ pts, source, objects: JSON.parse(objects) as readonly FrameObject[] });
  for (const { epoch, msn } of segments) {
    const bytes = await storage.read(`${mediaFolder(stream.name, epoch)}/${objectsFile(msn)}`);
    if (bytes === undefined) continue;
    const { frames } = JSON.parse(bytes.toString()) as ObjectsFileJson;
    for (const frame of frames) take({ ...frame, pts: fromSeconds(frame.pts) });
  }
  return [...seen.values()];
}
