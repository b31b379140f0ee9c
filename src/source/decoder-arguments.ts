import { type Microseconds, TIMESCALE } from '../clock.ts';
import type { WideTransfer } from './input-colour.ts';
import { inputArguments } from './input-kind.ts';

/** What has to be done to an input's pictures beyond decoding them. */
export interface Treatment {
  /** Weave the two fields of interlaced pictures into one of one moment. */
  readonly deinterlace: boolean;
  /** Bring colours of BT.2020 with this transfer function into BT.709; `undefined` where they are no wider. */
  readonly wideColour: WideTransfer | undefined;
  /** The matrix is that of BT.709, although the input does not say so. */
  readonly bt709: boolean;
  /** Lay what is transparent over black. */
  readonly opaque: boolean;
}

/** Nothing but to decode. */
export const UNTREATED: Treatment = {
  deinterlace: false,
  wideColour: undefined,
  bt709: false,
  opaque: false,
};

/** What to read, from where on, and how. */
export interface DecoderInput {
  /** File, URL, device, or `-` for standard input. */
  readonly input: string;
  /** Arguments for ffmpeg's reading of the input, before its name. @default [] */
  readonly options?: readonly string[] | undefined;
  /** Seek to the key frame before this PTS of the input, in microseconds. */
  readonly seek?: Microseconds | undefined;
  /** @default nothing */
  readonly treatment?: Treatment | undefined;
  /** It comes in real time: no picture waits for the next one, and none is read ahead to guess a rate. */
  readonly live: boolean;
}

/** A sample aspect ratio beyond these is a mistake of the file. */
const ODDEST_ASPECT = 8;

/**
 * ffmpeg's arguments to decode to raw RGBA. The muxers that keep times clamp every step back (Matroska, NUT), so
 * pictures come without, and `showinfo` says each picture's time and shape on standard error before it comes.
 */
export function decoderArguments({ input, options, seek, treatment, live }: DecoderInput): string[] {
  return [
    ...['-hide_banner', '-loglevel', 'level+info', '-nostats', '-nostdin'],
    // By the input's own clock, and no trimming: whoever asked passes over what it has.
    ...(seek === undefined ? [] : ['-seek_timestamp', '1', '-noaccurate_seek', '-ss', `${seek}us`]),
    // Threads by frame hold back as many pictures as there are threads.
    ...(live ? ['-thread_type', 'slice', '-fpsprobesize', '0'] : []),
    ...inputArguments(input, options),
    // V: a cover picture or a thumbnail is never the video.
    ...['-map', '0:V:0', '-copyts', '-fps_mode', 'passthrough', '-enc_time_base', '1:1000000'],
    // A picture that changes its shape keeps the new one.
    ...['-autoscale', '0', '-vf', filters(treatment).join(',')],
    ...['-c:v', 'rawvideo', '-f', 'rawvideo', '-flush_packets', '1', 'pipe:1'],
  ];
}

function filters(treatment: Treatment = UNTREATED): string[] {
  const wide = `between(sar,1.001,${ODDEST_ASPECT})`;
  const narrow = `between(sar,${1 / ODDEST_ASPECT},0.999)`;
  return [
    ...(treatment.deinterlace ? ['bwdif=mode=send_frame:deint=interlaced'] : []),
    ...(treatment.wideColour ? toBt709(treatment.wideColour) : []),
    // Square pixels, by making the shorter side longer; then even sides, by cropping a pixel.
    `scale=w='if(${wide},round(iw*sar),iw)':h='if(${narrow},round(ih/sar),ih)'${treatment.bt709 ? ':in_color_matrix=bt709' : ''}`,
    ...['setsar=1', 'crop=trunc(iw/2)*2:trunc(ih/2)*2:0:0'],
    ...(treatment.opaque ? ['format=gbrap', 'premultiply=inplace=1', 'format=gbrp'] : []),
    'format=rgba',
    // The times are what showinfo says; the muxer is given some that rise.
    ...[`settb=1/${TIMESCALE}`, 'showinfo=checksum=0', 'setpts=N'],
  ];
}

/**
 * To BT.709 from BT.2020, which is named as the input's because files name it in part only. HLG and PQ are made
 * linear, with the diffuse white of 203 cd/m² (ITU-R BT.2408 §2.2) at 1, and pressed by a curve that leaves all but
 * the highlights as they are.
 */
function toBt709(transfer: WideTransfer): string[] {
  const from = 'pin=2020:min=2020_ncl:rin=tv';
  if (transfer === 'sdr') return [`zscale=${from}:tin=709:p=709:t=709:m=709:r=tv`, 'format=yuv444p'];
  return [
    ...[`zscale=${from}:tin=${transfer}:t=linear:npl=203`, 'format=gbrpf32le', 'zscale=p=709'],
    ...['tonemap=tonemap=mobius:desat=0', 'zscale=t=709:m=709:r=tv', 'format=yuv444p'],
  ];
}
