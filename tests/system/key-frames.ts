import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import HLS from 'hls-parser';

/** The I-frame playlist that a Multivariant Playlist names, as programs that we did not write see it. */
interface KeyFrames {
  readonly uri: string;
  /** BANDWIDTH in bits per second. */
  readonly bandwidth: number;
  readonly text: string;
  readonly segments: readonly HLS.types.Segment[];
}

async function readKeyFrames(url: string): Promise<KeyFrames> {
  const { variants } = HLS.parse(await (await fetch(url)).text()) as HLS.types.MasterPlaylist;
  const variant = variants.find(({ isIFrameOnly }) => isIFrameOnly);
  assert.ok(variant, 'there is one');
  assert.ok(variant.codecs?.startsWith('avc1.') && variant.resolution, 'it is listed with codec and size');
  const uri = new URL(variant.uri, url).href;
  const text = await (await fetch(uri)).text();
  const { isIFrame, segments, version = 0 } = HLS.parse(text) as HLS.types.MediaPlaylist;
  // rfc8216bis §8: EXT-X-MAP beside EXT-X-I-FRAMES-ONLY needs 5; Apple's authoring rules 6.1 want one.
  assert.ok(isIFrame && version >= 5, text.slice(0, 200));
  assert.doesNotMatch(text, /EXT-X-(PART|PRELOAD|SERVER-CONTROL)/);
  return { uri, bandwidth: variant.bandwidth, text, segments };
}

/** The frames that ffprobe decodes of these bytes. */
function frames(bytes: Buffer): Promise<{ key_frame: number; pict_type: string; pts_time: string }[]> {
  const entries = 'frame=key_frame,pict_type,pts_time';
  return new Promise((resolve, reject) => {
    const probe = execFile(
      'ffprobe',
      ['-v', 'error', '-show_entries', entries, '-of', 'json', '-'],
      (error, out, err) => (error || err ? reject(error ?? new Error(err)) : resolve(JSON.parse(out).frames)),
    );
    probe.stdin?.on('error', () => {}).end(bytes);
  });
}

async function bytesOf(url: string, range?: { readonly offset: number; readonly length: number }) {
  const headers = range && { range: `bytes=${range.offset}-${range.offset + range.length - 1}` };
  const response = await fetch(url, { ...(headers && { headers }) });
  assert.equal(response.status, range ? 206 : 200);
  return Buffer.from(await response.arrayBuffer());
}

/**
 * That each entry of the I-frame playlist, the first and the last of every run at least, is one key frame that decodes
 * by itself, at the very PTS of a frame of the media, and that its BANDWIDTH holds.
 * @param pts of all frames that the media shows, in microseconds
 */
export async function assertKeyFrames(url: string, pts: ReadonlySet<number>): Promise<void> {
  const { uri, bandwidth, segments, text } = await readKeyFrames(url);
  const target = Number(/EXT-X-TARGETDURATION:(\d+)/.exec(text)?.[1]);
  const listed = segments.filter(({ gap }) => !gap);
  let before: { run: number; pts: number; date: number } | undefined;
  const runs = listed.map(
    (_, index) => listed.slice(0, index + 1).filter(({ discontinuity }) => discontinuity).length,
  );
  const newest = Math.max(...pts);
  let looked = 0;
  for (const [index, { uri: file, byterange, map, programDateTime, duration }] of listed.entries()) {
    assert.ok(
      map && byterange && programDateTime && byterange.length,
      `${file} is a part of a file, with a date`,
    );
    assert.ok(Math.round(duration) <= target);
    // §4.3.4.2: over half a target duration to one and a half no more than is said.
    for (let [end, bits, seconds] = [index, 0, 0]; end < listed.length && seconds < 1.5 * target; end += 1) {
      bits += (listed[end]?.byterange?.length ?? 0) * 8;
      seconds += listed[end]?.duration ?? 0;
      const whole = seconds >= 0.5 * target && seconds <= 1.5 * target;
      if (whole) assert.ok(bits / seconds <= bandwidth, `${bits / seconds} of ${bandwidth} bit/s`);
    }
    const run = runs[index] as number;
    const edge = before?.run !== run || runs[index + 1] !== run;
    if (!edge && index % 4 !== 0) continue;
    const range = { offset: byterange.offset ?? 0, length: byterange.length };
    const parts = [await bytesOf(new URL(map.uri, uri).href), await bytesOf(new URL(file, uri).href, range)];
    const [frame, ...more] = await frames(Buffer.concat(parts));
    assert.ok(
      frame?.key_frame === 1 && frame.pict_type === 'I' && more.length === 0,
      `${file} is one key frame`,
    );
    const own = Math.round(Number(frame.pts_time) * 1e6);
    // The stream has gone on meanwhile.
    if (own > newest) break;
    assert.ok(pts.has(own), `${file} shows ${own}`);
    const date = programDateTime.getTime();
    if (before?.run === run)
      assert.ok(Math.abs(date - before.date - (own - before.pts) / 1000) <= 1.01, `the date of ${file}`);
    before = { run, pts: own, date };
    looked += 1;
  }
  assert.ok(looked > 2, `${looked} key frames`);
}
