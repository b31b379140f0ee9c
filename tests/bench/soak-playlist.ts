import { spawn } from 'node:child_process';
import { once } from 'node:events';
import HLS from 'hls-parser';
import { Parser } from 'm3u8-parser';
import { keepTimes } from '../checker/media-check.ts';
import { pollAndCheck } from '../checker/poll.ts';
import { mediaPlaylist } from '../system/judge.ts';
import { startSystem } from '../system/system.ts';
import { pause } from './accounting.ts';

/**
 * Every version of a playlist before the eyes of all readers, with the stream child killed in the middle: our
 * own checker (with and without deltas), hls-parser in strict mode, m3u8-parser, and ffmpeg that plays it.
 * Resolves to whether nobody complained.
 */
export async function soakPlaylist(print: (line: string) => void, seconds = 300): Promise<boolean> {
  print(`Playlist: every version for ${seconds} s, kill -9 of the stream child in the middle`);
  HLS.setOptions({ strictMode: true });
  const system = await startSystem([
    ...['--size', '320x180', '--event-mean', '2', '--window', '60', '--log-level', 'error'],
  ]);
  try {
    const { uri } = await mediaPlaylist(`${system.url}/video/chessboard.m3u8`);
    const over = AbortSignal.timeout(seconds * 1000);
    const checking = [false, true].map((deltas) => pollAndCheck(uri, { seconds, deltas }));
    const reading = readEveryVersion(uri, over);
    const playing = play(`${system.url}/video/chessboard.m3u8`, over);
    await pause(seconds / 2);
    const [stream = 0] = await system.pids('stream');
    process.kill(stream, 'SIGKILL');
    const [reports, parsed, played] = await Promise.all([Promise.all(checking), reading, playing]);
    let well = true;
    for (const [index, { violations, reloads }] of reports.entries()) {
      print(
        `  checker ${index === 0 ? 'of full lists' : 'of deltas'}: ${reloads} versions, ${violations.length} violations`,
      );
      for (const { rule, message } of violations.slice(0, 20)) print(`    ${rule}: ${message}`);
      well &&= violations.length === 0;
    }
    print(
      `  hls-parser strict and m3u8-parser: ${parsed.versions} versions, ${parsed.complaints.length} complaints`,
    );
    for (const complaint of parsed.complaints.slice(0, 20)) print(`    ${complaint}`);
    print(
      `  ffmpeg: ${played.frames} frames of about ${Math.round(seconds * 30)}, complaints: ${played.complaints.length}`,
    );
    for (const complaint of played.complaints.slice(0, 20)) print(`    ${complaint}`);
    return well && parsed.complaints.length === 0 && played.complaints.length === 0;
  } finally {
    await system.stop();
  }
}

async function readEveryVersion(
  uri: string,
  over: AbortSignal,
): Promise<{ versions: number; complaints: string[] }> {
  const complaints: string[] = [];
  let versions = 0;
  let next = '';
  while (!over.aborted) {
    const response = await fetch(uri + next, { signal: over }).catch(() => undefined);
    const text = (await response?.text().catch(() => '')) ?? '';
    if (over.aborted) break;
    if (response?.status !== 200) {
      // Nothing new within three target durations may happen while the stream child is away.
      if (response?.status !== 503) complaints.push(`${response?.status} for ${next}: ${text}`);
      await pause(0.2);
      continue;
    }
    versions += 1;
    complaints.push(...complaintsAbout(text).map((complaint) => `version ${versions}: ${complaint}`));
    const [, msn, part] = /^#EXT-X-PRELOAD-HINT:.*URI="(\d+)\.(\d+)\.m4s"/m.exec(text) ?? [];
    next = msn === undefined ? '' : `?_HLS_msn=${msn}&_HLS_part=${part}`;
  }
  return { versions, complaints };
}

function complaintsAbout(text: string): string[] {
  const complaints: string[] = [];
  try {
    HLS.parse(text);
  } catch (error) {
    complaints.push(`hls-parser: ${error}`);
  }
  const parser = new Parser();
  parser.on('warn', ({ message }: { message: string }) => complaints.push(`m3u8-parser: ${message}`));
  parser.push(text);
  parser.end();
  return complaints;
}

/** Lets ffmpeg decode the live list until it is told to stop. */
async function play(url: string, over: AbortSignal): Promise<{ frames: number; complaints: string[] }> {
  const ffmpeg = spawn(
    'ffmpeg',
    ['-v', 'error', '-progress', 'pipe:1', '-i', url, ...keepTimes, '-f', 'null', '-'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let [progress, complaints] = ['', ''];
  ffmpeg.stdout.on('data', (text) => {
    progress = `${progress}${text}`.slice(-2000);
  });
  ffmpeg.stderr.on('data', (text) => {
    complaints += text;
  });
  const left = once(ffmpeg, 'exit');
  over.addEventListener('abort', () => ffmpeg.kill('SIGINT'), { once: true });
  const [code, signal] = await left;
  const lines = complaints.split('\n').filter((line) => line !== '' && !line.startsWith('Exiting normally'));
  if (!over.aborted) lines.push(`left too early with ${signal ?? code}`);
  return { frames: Number([...progress.matchAll(/^frame=(\d+)/gm)].at(-1)?.[1] ?? 0), complaints: lines };
}
