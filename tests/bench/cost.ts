import { readFile } from 'node:fs/promises';
import HLS from 'hls-parser';
import { mediaPlaylist } from '../system/judge.ts';
import { pidsBelow, startSystem } from '../system/system.ts';
import { cpuSeconds, pause, pssKiB } from './accounting.ts';

async function commandOf(pid: number): Promise<string> {
  const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
  return words[1]?.endsWith('hlsstream.js') ? (words[2] ?? 'start') : (words[0] ?? '?');
}

/** A low-latency viewer: blocking reloads, each new part once. Notes how far behind the wall clock each edge came. */
async function view(
  url: string,
  signal: AbortSignal,
  edges: { at: number; behind: number }[],
): Promise<void> {
  const { uri } = await mediaPlaylist(`${url}/video/chessboard.m3u8`);
  let directives = '';
  while (!signal.aborted) {
    const text = await (await fetch(`${uri}${directives}`, { signal })).text();
    const playlist = HLS.parse(text) as HLS.types.MediaPlaylist;
    const last = playlist.segments.at(-1);
    const open = last !== undefined && !last.uri;
    const msn = (playlist.mediaSequenceBase ?? 0) + playlist.segments.length - (open ? 1 : 0);
    const part = open ? last.parts.filter((one) => !one.hint).length : 0;
    const newest = open && part > 0 ? last.parts[part - 1] : last?.parts?.at(-1);
    if (newest?.uri) await (await fetch(new URL(newest.uri, uri), { signal })).arrayBuffer();
    const { streams } = (await (await fetch(`${url}/streams`, { signal })).json()) as {
      streams: { edgeDate: string }[];
    };
    const now = Date.now();
    edges.push({ at: now, behind: now - Date.parse(streams[0]?.edgeDate ?? '') });
    directives = `?_HLS_msn=${msn}&_HLS_part=${part}`;
  }
}

/** What a running system at 320x180 and 30 frames/s costs with one viewer: CPU, memory, drift. */
export async function benchCost(print: (line: string) => void, seconds = 60): Promise<void> {
  print(`Cost at 320x180, 30 frames/s, chessboard, detector, one low-latency viewer, over ${seconds} s`);
  const system = await startSystem(['--size', '320x180', '--log-level', 'warn']);
  const over = new AbortController();
  try {
    const edges: { at: number; behind: number }[] = [];
    const viewer = view(system.url, over.signal, edges).catch(() => {});
    await pause(5);
    const pids = [system.launcher.pid ?? 0, ...(await pidsBelow(system.launcher.pid ?? 0, 'all'))];
    const before = await Promise.all(pids.map(cpuSeconds));
    const began = performance.now();
    await pause(seconds);
    const after = await Promise.all(pids.map(cpuSeconds));
    const elapsed = (performance.now() - began) / 1000;
    let allCpu = 0;
    let allMemory = 0;
    for (const [index, pid] of pids.entries()) {
      const share = (100 * ((after[index] ?? 0) - (before[index] ?? 0))) / elapsed;
      const memory = (await pssKiB(pid)) / 1024;
      allCpu += share;
      allMemory += memory;
      print(
        `  ${(await commandOf(pid)).padEnd(8)} ${share.toFixed(1).padStart(5)} % of a core ${memory.toFixed(0).padStart(5)} MiB`,
      );
    }
    print(
      `  together ${allCpu.toFixed(1).padStart(5)} % of a core ${allMemory.toFixed(0).padStart(5)} MiB (PSS)`,
    );
    // The earliest edges of each end: later ones were only asked for late.
    const least = (some: { behind: number }[]) => Math.min(...some.map((edge) => edge.behind));
    const fifth = Math.floor(edges.length / 5);
    const drift = least(edges.slice(-fifth)) - least(edges.slice(0, fifth));
    print(`  drift of PTS against the wall clock: ${drift} ms`);
    over.abort();
    await viewer;
  } finally {
    over.abort();
    await system.stop();
  }
}
