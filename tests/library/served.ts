import type { ObjectsFileJson } from '../../src/hls/frame-objects.ts';
import { mediaPlaylist, numbersIn } from '../system/judge.ts';

/** Of pictures that say their number, in pixels. */
export const [WIDTH, HEIGHT] = [128, 64] as const;

/** Frame n shows n as a row of eight black or white squares. */
export function picture(n: number): Uint8Array {
  return Uint8Array.from({ length: WIDTH * HEIGHT }, (_, at) =>
    (n >> Math.floor((at % WIDTH) / (WIDTH / 8))) & 1 ? 255 : 0,
  );
}

/** PTS in the media of each number shown, in microseconds. */
export async function shown(playlist: string): Promise<Map<number, number>> {
  const times = new Map<number, number>();
  // What comes first is the frame; later ones repeat it.
  for (const [pts, number] of await numbersIn(playlist)) if (!times.has(number)) times.set(number, pts);
  return times;
}

/** What frames show in the files beside the segments, by their PTS. */
export async function objectsIn(playlist: string): Promise<[number, string[]][]> {
  const { uri, text } = await mediaPlaylist(playlist);
  const files = text.split('\n').flatMap((line) => /^(\d+)\.m4s$/.exec(line)?.[1] ?? []);
  const frames = files.map(async (msn) => {
    const file = await fetch(new URL(`${msn}.objects.json`, new URL('..', uri)));
    // Of a segment that was closed just now there is none yet.
    return file.ok ? ((await file.json()) as ObjectsFileJson).frames : [];
  });
  return (await Promise.all(frames))
    .flat()
    .filter(({ objects }) => objects.length > 0)
    .map(({ pts, objects }) => [pts, objects.map(({ label }) => label)]);
}
