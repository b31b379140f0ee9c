import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../root.ts';

/** A marker as the API answers it. */
export interface FoundMarker {
  readonly id: string;
  /** PTS in seconds. */
  readonly time: number;
  /** Seconds; null while it goes on. */
  readonly duration: number | null;
  readonly source: string;
  readonly class: string;
}

/** An event as the detector that saw it begin wrote it down itself, before anybody else was told. */
export interface RecordedBegin {
  readonly pid: number;
  /** PTS in seconds. */
  readonly time: number;
  /** The detector began with a picture of so many seconds: what goes on then, its predecessor may have seen begin. */
  readonly since: number;
  /** Milliseconds since 1970, as the machine's clock showed then. */
  readonly at: number;
}

/** A detector of mint squares that keeps a record of its own. */
export interface RecordingDetector {
  /** What `--detector` takes. */
  readonly module: string;
  /** Every event that was seen to begin, by any process. */
  begins(): Promise<readonly RecordedBegin[]>;
}

/** Writes its module, and later its record, into a folder. */
export async function recordingDetector(folder: string): Promise<RecordingDetector> {
  const module = join(folder, 'recording-detector.mjs');
  const record = join(folder, 'begins.ndjson');
  const mintSquare = pathToFileURL(join(ROOT, 'dist/test/src/detector/mint-square.js'));
  await writeFile(record, '');
  await writeFile(
    module,
    `import { appendFileSync } from 'node:fs';
import { createMintSquareDetector } from ${JSON.stringify(mintSquare.href)};

export default function () {
  const detector = createMintSquareDetector();
  let since;
  return {
    ...detector,
    look(picture) {
      since ??= picture.pts;
      const said = detector.look(picture);
      for (const { type, pts } of said) {
        if (type !== 'begin') continue;
        const begin = { pid: process.pid, time: pts / 1e6, since: since / 1e6, at: Date.now() };
        appendFileSync(${JSON.stringify(record)}, JSON.stringify(begin) + '\\n');
      }
      return said;
    },
  };
}
`,
  );
  return {
    module,
    async begins() {
      const lines = (await readFile(record, 'utf8')).split('\n').filter((line) => line !== '');
      return lines.map((line) => JSON.parse(line) as RecordedBegin);
    },
  };
}

/** When a process was killed, or stopped for good, in milliseconds since 1970. */
export interface Death {
  readonly pid: number;
  readonly at: number;
}

/** What a detector saw so shortly before it was killed may not have been written, in milliseconds. */
const UNWRITTEN_MS = 250;

/** How long its first pictures may take a detector to see what was there before it, in seconds. */
const RECOGNITION = 0.1;

/**
 * Where markers and record differ, in words; empty when each event has exactly one marker and no marker is without an
 * event.
 */
export function differences(
  markers: readonly FoundMarker[],
  begins: readonly RecordedBegin[],
  deaths: readonly Death[],
): string[] {
  const same = (one: number, other: number) => Math.abs(one - other) < 0.001;
  const found: string[] = [];
  for (const { pid, time, since, at } of begins) {
    const own = markers.filter((marker) => same(marker.time, time)).length;
    // Several squares may come with one frame, and a detector may begin while several are there.
    const seen = begins.filter((begin) => begin.pid === pid && same(begin.time, time)).length;
    const takenOver =
      time - since <= RECOGNITION &&
      markers.some(
        (marker) => marker.time < time && time <= marker.time + (marker.duration ?? Number.POSITIVE_INFINITY),
      );
    const unwritten = deaths.some((death) => death.pid === pid && death.at - at < UNWRITTEN_MS);
    if (own > seen || (own < seen && !takenOver && !unwritten))
      found.push(`${own} markers for ${seen} events at ${time} s`);
  }
  for (const { id, time } of markers)
    if (!begins.some((begin) => same(begin.time, time)))
      found.push(`${id} at ${time} s was never seen to begin`);
  return found;
}
