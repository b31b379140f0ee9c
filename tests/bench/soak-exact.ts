import { withBusyCores } from '../busy-cores.ts';
import { download, isOfFrame, mintEvents } from '../system/judge.ts';
import { startSystem } from '../system/system.ts';

interface MarkerList {
  readonly markers: {
    readonly time: number;
    readonly data: { readonly beginUncertainty?: number | null };
  }[];
}

/**
 * Markers against the decoded pictures with one core kept busy: each must stand at the PTS of its event's
 * first frame, none missing, none false. Resolves to whether that is so.
 */
export function soakExact(print: (line: string) => void, events = 40): Promise<boolean> {
  print(`Exactness: ${events} events or more at 640x360 with one core kept busy by a loop`);
  return withBusyCores(1, async () => {
    const system = await startSystem(['--event-mean', '1.5', '--seed', '11', '--log-level', 'warn']);
    try {
      const found = async () => {
        const { markers } = await system.json<MarkerList>('/markers?limit=10000');
        return markers.map(({ time, data }) => ({
          pts: Math.round(time * 1e6),
          uncertainty: data.beginUncertainty,
        }));
      };
      await system.until(`${events} events`, 4 * events + 30, async () => (await found()).length >= events);
      const shown = await mintEvents(await download(`${system.url}/video/chessboard.m3u8`), 40);
      const begins = shown.map(({ begin }) => begin);
      const last = begins.at(-1) ?? 0;
      // The detector may be ahead of the last whole segment, never behind it.
      const marked = (await found()).filter(({ pts }) => pts <= last);
      const isOf = ({ pts, uncertainty }: (typeof marked)[number], begin: number) =>
        isOfFrame(pts, begin, uncertainty);
      const missing = begins.filter((begin) => !marked.some((marker) => isOf(marker, begin)));
      const wrong = marked.filter((marker) => !begins.some((begin) => isOf(marker, begin)));
      print(
        `  ${begins.length} events seen in the media, ${marked.length} markers, ${missing.length} events without a`,
      );
      print(
        `  marker at their first frame ${JSON.stringify(missing)}, ${wrong.length} markers elsewhere ${JSON.stringify(wrong.map(({ pts }) => pts))}`,
      );
      return missing.length === 0 && wrong.length === 0 && begins.length >= events / 2;
    } finally {
      await system.stop();
    }
  });
}
