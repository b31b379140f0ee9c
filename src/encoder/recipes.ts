import type { RunShape } from './encoder.ts';
import { FORCE_KEY_FRAMES, TIME_BASE } from './key-frame-request.ts';

/** Encoders that ffmpeg offers and that keep the recipe: no B-frames, IDR frames where asked, no look-ahead. */
export type EncoderName = 'libx264' | 'h264_nvenc' | 'h264_vaapi' | 'h264_qsv' | 'h264_videotoolbox';

/** What a person may choose of the encoding. */
export interface EncoderSettings {
  readonly encoder: EncoderName;
  /** Average bits per second; by default from size and rate. */
  readonly bitrate?: number | undefined;
  /** The encoder's own name for a speed, for example `veryfast`. */
  readonly preset?: string | undefined;
  /** Length of a Media Segment in seconds: the shorter, the less may one key frame take at once. @default 2 */
  readonly segment?: number | undefined;
}

/** Rate control in bits: average, peak and the buffer that lets an IDR frame be larger than its neighbours. */
export interface RateControl {
  readonly average: number;
  readonly peak: number;
  readonly buffer: number;
}

/** Bits for each pixel of each frame when nobody says more: enough for sharp edges and moving text. */
const BITS_PER_PIXEL = 0.15;

/** The peak above the average: what a picture that changes may take for longer than the buffer lasts. */
const PEAK = 1.25;

/** The rate control for a picture of this shape. */
export function rateControl(settings: EncoderSettings, shape: RunShape): RateControl {
  const natural = shape.width * shape.height * shape.frameRate * BITS_PER_PIXEL;
  const average = settings.bitrate ?? Math.max(200_000, Math.round(natural));
  // Half a second of bits, and with short segments as much less as BANDWIDTH would grow by it.
  const buffer = Math.round(average * Math.min(0.5, shortestMeasured(settings.segment ?? 2) / 2));
  return { average, peak: Math.round(average * PEAK), buffer };
}

/** Bytes of the boxes round one frame, at most, and of what no quantizer makes smaller: headers of its slices. */
const BOXES = 134;

/** Bits for each pixel that noise, the hardest of pictures, takes at the coarsest quantizer. */
const LEAST = { frame: 0.006, key: 0.6 };

/** How media is divided into segments, as far as BANDWIDTH goes. */
interface SegmentLengths {
  /** Length of a Media Segment in seconds. */
  readonly segment: number;
  /** So many key frames may lie within half a target duration. */
  readonly keyFrames: number;
}

/**
 * BANDWIDTH of the Multivariant Playlist (rfc8216bis §4.4.6.2): no stretch of media from half a target duration to one
 * and a half takes more. Within so many seconds the encoder's buffer model lets out at most peak × seconds + buffer
 * bits, unless the rate asked for is below what the coarsest picture takes. Where a run ends and another begins with
 * short segments, both let out their buffers.
 */
export function declaredBandwidth(
  { peak, buffer }: RateControl,
  shape: RunShape,
  { segment, keyFrames }: SegmentLengths,
): number {
  const seconds = shortestMeasured(segment);
  const key = (keyFrames * LEAST.key) / seconds;
  const least = shape.width * shape.height * (shape.frameRate * LEAST.frame + key);
  const buffers = Math.min(keyFrames, 2) * buffer;
  return Math.ceil(Math.max(peak + buffers / seconds, least) + shape.frameRate * BOXES * 8);
}

/** BANDWIDTH of the key frames alone: one takes what the buffer holds, and what comes in for it meanwhile. */
export function keyFrameBandwidth(
  { peak, buffer }: RateControl,
  shape: RunShape,
  { segment, keyFrames }: SegmentLengths,
): number {
  const bits = Math.max(buffer + peak / shape.frameRate, shape.width * shape.height * LEAST.key) + BOXES * 8;
  return Math.ceil((keyFrames * bits) / shortestMeasured(segment));
}

/** Half a target duration, in seconds: shorter stretches are not measured for BANDWIDTH. */
function shortestMeasured(segment: number): number {
  return Math.max(1, Math.round(segment)) / 2;
}

/** Colour as HDTV has it (BT.709, limited range), and the pixel format each family of encoders takes. */
function filters(encoder: EncoderName): string {
  const scale = 'scale=out_color_matrix=bt709:out_range=tv:flags=bilinear';
  if (encoder === 'h264_vaapi') return `${scale},format=nv12,hwupload`;
  return `${scale},format=${encoder === 'h264_qsv' ? 'nv12' : 'yuv420p'}`;
}

const families: Readonly<Record<EncoderName, (preset: string | undefined) => readonly string[]>> = {
  libx264: (preset = 'veryfast') => ['-preset', preset, '-tune', 'zerolatency', '-sc_threshold', '0'],
  h264_nvenc: (preset = 'p4') => [
    ...['-preset', preset, '-tune', 'ull', '-rc', 'vbr', '-zerolatency', '1', '-delay', '0'],
    ...['-bf', '0', '-forced-idr', '1', '-no-scenecut', '1'],
  ],
  h264_vaapi: () => ['-bf', '0', '-async_depth', '1'],
  h264_qsv: (preset = 'veryfast') => ['-preset', preset, '-bf', '0', '-async_depth', '1', '-forced_idr', '1'],
  h264_videotoolbox: () => ['-bf', '0', '-realtime', '1', '-allow_sw', '1'],
};

/**
 * The arguments of ffmpeg for one run: Matroska with exact timestamps in, one `moof` + `mdat` per frame out.
 */
export function ffmpegArguments(settings: EncoderSettings, shape: RunShape): string[] {
  const rate = rateControl(settings, shape);
  // Longer than any segment: key frames come only where they are asked for.
  const gop = Math.ceil(shape.frameRate * 600);
  return [
    ...['-hide_banner', '-loglevel', 'level+warning', '-nostats'],
    ...(settings.encoder === 'h264_vaapi' ? ['-vaapi_device', '/dev/dri/renderD128'] : []),
    ...['-probesize', '32', '-analyzeduration', '0', '-f', 'matroska', '-i', 'pipe:0'],
    ...['-copyts', '-fps_mode', 'passthrough', '-enc_time_base', TIME_BASE],
    ...['-force_key_frames', FORCE_KEY_FRAMES],
    ...['-vf', filters(settings.encoder)],
    ...['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709'],
    ...['-c:v', settings.encoder, ...families[settings.encoder](settings.preset)],
    ...['-profile:v', 'high', '-g', String(gop)],
    ...['-b:v', String(rate.average), '-maxrate', String(rate.peak), '-bufsize', String(rate.buffer)],
    ...['-video_track_timescale', '1000000', '-f', 'mp4'],
    ...['-movflags', '+empty_moov+default_base_moof+frag_every_frame+frag_discont+skip_trailer'],
    ...['-use_editlist', '0', '-avoid_negative_ts', 'disabled', '-flush_packets', '1', 'pipe:1'],
  ];
}
