import type { RunShape } from './encoder.ts';

/** Encoders that ffmpeg offers and that keep the recipe: no B-frames, IDR frames where asked, no look-ahead. */
export type EncoderName = 'libx264' | 'h264_nvenc' | 'h264_vaapi' | 'h264_qsv' | 'h264_videotoolbox';

/** What a person may choose of the encoding. */
export interface EncoderSettings {
  readonly encoder: EncoderName;
  /** Average bits per second; by default from size and rate. */
  readonly bitrate?: number | undefined;
  /** The encoder's own name for a speed, for example `veryfast`. */
  readonly preset?: string | undefined;
}

/** Rate control in bits: average, peak and the buffer that lets an IDR frame be larger than its neighbours. */
export interface RateControl {
  readonly average: number;
  readonly peak: number;
  readonly buffer: number;
}

/** Bits for each pixel of each frame when nobody says more: enough for sharp edges and moving text. */
const BITS_PER_PIXEL = 0.15;

/** The rate control for a picture of this shape. */
export function rateControl(settings: EncoderSettings, shape: RunShape): RateControl {
  const natural = shape.width * shape.height * shape.frameRate * BITS_PER_PIXEL;
  const average = settings.bitrate ?? Math.max(200_000, Math.round(natural));
  return { average, peak: Math.round(average * 1.5), buffer: average };
}

/**
 * BANDWIDTH of the Multivariant Playlist (RFC 8216 §4.3.4.2): an upper bound of any segment's bit rate. A
 * segment of `seconds` holds at most peak × seconds + buffer bits, and each frame's boxes.
 */
export function declaredBandwidth(rate: RateControl, shape: RunShape, seconds: number): number {
  const boxes = shape.frameRate * 110 * 8;
  return Math.ceil(rate.peak + rate.buffer / seconds + boxes);
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
 * An odd microsecond timestamp asks for an IDR frame (the expression's `t` is exact to well below 1 µs).
 */
export function ffmpegArguments(settings: EncoderSettings, shape: RunShape): string[] {
  const rate = rateControl(settings, shape);
  // Longer than any segment: key frames come only where they are asked for.
  const gop = Math.ceil(shape.frameRate * 600);
  return [
    ...['-hide_banner', '-loglevel', 'level+warning', '-nostats'],
    ...(settings.encoder === 'h264_vaapi' ? ['-vaapi_device', '/dev/dri/renderD128'] : []),
    ...['-probesize', '32', '-analyzeduration', '0', '-f', 'matroska', '-i', 'pipe:0'],
    ...['-copyts', '-fps_mode', 'passthrough', '-enc_time_base', '1:1000000'],
    ...['-force_key_frames', 'expr:eq(mod(round(t*1000000),2),1)'],
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
