import { withBusyCores } from '../busy-cores.ts';
import { download, mintEvents } from '../system/judge.ts';
import { startSystem } from '../system/system.ts';

/**
 * Markers against the decoded pictures with one core kept busy: each must stand at the PTS of its event's
 * first frame, none missing, none false. Resolves to whether that is so.
 */
export function soakExact(print: (line: string) => void, events = 40): Promise<boolean> {
  print(`Exactness: ${events} events or more at 640x360 with one core kept busy by a loop`);
  return withBusyCores(1, async () => {
    const system = await startSystem(['--event-mean', '1.5', '--seed', '11', '--log-level', 'warn']);
    try {
      const times = async () => {
        const { markers } = await system.json<{ markers: { time: number }[] }>('/markers?limit=10000');
        return markers.map(({ time }) => Math.round(time * 1e6));
      };
      await system.until(`${events} events`, 4 * events + 30, async () => (await times()).length >= events);
      const shown = await mintEvents(await download(`${system.url}/video/chessboard.m3u8`), 40);
      const begins = shown.map(({ begin }) => begin);
      const last = begins.at(-1) ?? 0;
      // The detector may be ahead of the last whole segment, never behind it.
      const marked = (await times()).filter((pts) => pts <= last);
      const missing = begins.filter((pts) => !marked.includes(pts));
      const wrong = marked.filter((pts) => !begins.includes(pts));
      print(
        `  ${begins.length} events seen in the media, ${marked.length} markers, ${missing.length} events without a`,
      );
      print(
        `  marker at their first frame ${JSON.stringify(missing)}, ${wrong.length} markers elsewhere ${JSON.stringify(wrong)}`,
      );
      return missing.length === 0 && wrong.length === 0 && begins.length >= events / 2;
    } finally {
      await system.stop();
    }
  });
}
