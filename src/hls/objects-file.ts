import { toSeconds } from '../clock.ts';
import type { FrameObject } from './frame-objects.ts';
import type { LoggedObjects } from './objects-log.ts';
import { segmentFile } from './playlist-log.ts';

/** How objects are written: in their log, live, and in the file beside each Media Segment. Pure. */

/** Objects as the log holds them. */
export function objectsText(objects: readonly FrameObject[]): string {
  return JSON.stringify(objects);
}

/** A frame as JSON: text of a {@link ./frame-objects.ts FrameObjectsJson}. */
export function frameObjectsText({ pts, source, objects }: LoggedObjects): string {
  return `{"pts":${toSeconds(pts)},"source":${JSON.stringify(source)},"objects":${objects}}`;
}

/** The text of a Media Segment's file: what is said of frames from one PTS to another. */
export function objectsFileText(frames: Iterable<LoggedObjects>): string {
  const sorted = [...frames].sort((a, b) => a.pts - b.pts || (a.source < b.source ? -1 : 1));
  return `{"version":1,"frames":[${sorted.map(frameObjectsText).join(',')}]}`;
}

/** File name of the objects of a Media Segment. It lies beside the segment, and goes wherever that goes. */
export function objectsFile(msn: number): string {
  return `${msn}.objects.json`;
}

/** File names of all that storage has of a Media Segment, its parts aside. */
export function segmentFiles(msn: number): string[] {
  return [segmentFile(msn), objectsFile(msn)];
}
