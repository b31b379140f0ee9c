import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Frame } from '../../src/container/frame.ts';
import { type FfmpegInputOptions, openFfmpegInput } from '../../src/source/ffmpeg-input.ts';
import type { PacerClock } from '../../src/source/pacer.ts';

/** Runs ffmpeg to make a clip. */
export function ffmpeg(...args: string[]): void {
  execFileSync('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-y', ...args]);
}

/** The arguments for H.264 that is quick to make. */
export const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];

/** A source of lavfi as an input of ffmpeg. */
export function lavfi(graph: string): string[] {
  return ['-f', 'lavfi', '-i', graph];
}

/** A folder for clips; `remove` deletes it. */
export function clipFolder(): { readonly path: (name: string) => string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'hlsstream-clips-'));
  return { path: (name) => join(folder, name), remove: () => rmSync(folder, { recursive: true }) };
}

/** A clock that jumps to where it is wanted, and notes how long it would have waited in all. */
export function fastClock(): PacerClock & { time: number } {
  const clock = {
    time: 0,
    now: () => clock.time,
    sleep: async (wait: number) => {
      clock.time += wait;
    },
  };
  return clock;
}

/** All frames of an input, without its pixels, and what was logged meanwhile. */
export interface Played {
  readonly frames: readonly Omit<Frame, 'data'>[];
  /** Numbers of the frames that begin after a break. */
  readonly breaks: readonly number[];
  readonly warnings: readonly string[];
  /** Microseconds that playing it took by its clock. */
  readonly took: number;
}

/** Plays an input as fast as it goes, at most `most` frames. */
export async function play(options: FfmpegInputOptions, most = 10_000): Promise<Played> {
  const clock = fastClock();
  const warnings: string[] = [];
  const log = { info: () => {}, debug: () => {}, warn: (_: object, text: string) => warnings.push(text) };
  const frames: Omit<Frame, 'data'>[] = [];
  for await (const { data: _, ...frame } of (await openFfmpegInput({ clock, log, ...options })).frames()) {
    frames.push(frame);
    if (frames.length === most) break;
  }
  const breaks = frames.flatMap(({ discontinuity }, index) => (discontinuity ? [index] : []));
  return { frames, breaks, warnings, took: clock.time };
}

/** Seconds of media from the first frame to the last, breaks left out. */
export function mediaSeconds({ frames }: Played): number {
  return frames.reduce(
    (sum, { pts, discontinuity }, index) =>
      index === 0 || discontinuity ? sum : sum + (pts - (frames[index - 1]?.pts ?? pts)) / 1e6,
    0,
  );
}
