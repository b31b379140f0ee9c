import { BoxReader } from '../container/fmp4.ts';
import type { StillPicture } from '../container/frame.ts';
import { spawnFfmpeg } from '../ffmpeg/program.ts';

/** What ffmpeg writes before the pixels of a PAM picture in RGBA. */
const HEADER = /^P7\nWIDTH (\d+)\nHEIGHT (\d+)\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n/;

/**
 * The last picture of media as an encoder of ours wrote it: an init segment, then fragments of one picture each, the
 * first a key frame. `undefined` where ffmpeg cannot decode it.
 */
export async function lastPicture(ffmpeg: string, media: Buffer): Promise<StillPicture | undefined> {
  const fragments = new BoxReader().push(media).filter(({ type }) => type === 'moof').length;
  const program = spawnFfmpeg({
    path: ffmpeg,
    args: [
      ...['-hide_banner', '-loglevel', 'error', '-nostats', '-f', 'mp4', '-i', 'pipe:0'],
      ...['-vf', `select=eq(n\\,${fragments - 1})`, '-fps_mode', 'passthrough', '-frames:v', '1'],
      ...['-pix_fmt', 'rgba', '-c:v', 'pam', '-f', 'image2pipe', 'pipe:1'],
    ],
  });
  program.stdin.end(media);
  const chunks: Buffer[] = [];
  program.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  await program.exited;
  const bytes = Buffer.concat(chunks);
  const [header, width, height] = HEADER.exec(bytes.toString('latin1', 0, 100)) ?? [];
  if (header === undefined) return undefined;
  const size = Number(width) * Number(height) * 4;
  const data = bytes.subarray(header.length);
  return data.length < size ? undefined : { width: Number(width), height: Number(height), data };
}
