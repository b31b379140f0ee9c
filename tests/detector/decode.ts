import { spawn } from 'node:child_process';
import type { Picture } from '../../src/frames/picture.ts';
import { asPicture } from './board.ts';

/** Pictures of a clip at a steady rate, as ffmpeg decodes it and the frames channel would carry them. */
export async function* decode(
  input: readonly string[],
  { width, height, fps }: { readonly width: number; readonly height: number; readonly fps: number },
): AsyncGenerator<Picture> {
  const out = ['-f', 'rawvideo', '-pix_fmt', 'rgba', '-'];
  const ffmpeg = spawn(
    process.env.HLSSTREAM_FFMPEG ?? 'ffmpeg',
    ['-v', 'error', '-nostdin', ...input, ...out],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  try {
    const frame = new Uint8Array(width * height * 4);
    let filled = 0;
    let number = 0;
    for await (const chunk of ffmpeg.stdout as AsyncIterable<Buffer>) {
      let at = 0;
      while (at < chunk.length) {
        const take = Math.min(frame.length - filled, chunk.length - at);
        frame.set(chunk.subarray(at, at + take), filled);
        filled += take;
        at += take;
        if (filled < frame.length) break;
        filled = 0;
        yield asPicture({ width, height, data: frame }, Math.round((number * 1e6) / fps));
        number += 1;
      }
    }
  } finally {
    ffmpeg.kill();
  }
}
