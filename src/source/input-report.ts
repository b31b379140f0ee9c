import { fromSeconds, type Microseconds } from '../clock.ts';

/** A picture as ffmpeg's `showinfo` filter describes it, just before it comes out. */
export interface PictureFacts {
  /** Its PTS in microseconds; `undefined` where the input gave none. */
  readonly pts: Microseconds | undefined;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Its two fields were taken at different moments. */
  readonly interlaced: boolean;
}

/** What ffmpeg says of an input before its first picture. */
export interface InputFacts {
  /** Names of the demuxer, for example `mpjpeg` or `mov,mp4,m4a,3gp,3g2,mj2`. */
  readonly format: string;
  /** Where the input says that it ends, as a PTS in microseconds; `undefined` for one that goes on. */
  readonly end: Microseconds | undefined;
  /** How the chosen track is coded: codec, pixel format, colours, as ffmpeg lists it. */
  readonly track: string;
  /** Nominal frames per second, if they are known. */
  readonly frameRate: number | undefined;
}

const INPUT = /^Input #0, (\S+), from /;
const DURATION = /^\s*Duration: (\d+):(\d+):([\d.]+)(?:, start: (-?[\d.]+))?,/;
const TRACK = /^\s*Stream #0:(\d+)\S*: Video: (.*)$/;
const MAPPING = /^\s*Stream #0:(\d+) -> #0:0/;
const RATE = /config in time_base: \S+, frame_rate: (\d+)\/(\d+)/;
const PICTURE = /\bn: *\d+ pts: *(-?\d+|NOPTS) .*\bs:(\d+)x(\d+) i:(\w)/;

/** Demuxers that read what carries no times: ffmpeg invents some, of 25 pictures a second. */
const TIMELESS =
  /^(mjpeg|mpjpeg|smjpeg|mjpeg_2000|image2pipe|\w+_pipe|h26[1346]|hevc|vvc|evc|obu|m4v|mpegvideo|cavsvideo|avs[23]|vc1|dirac|dnxhd|ingenient)$/;
/** Of these, those of single images, whose rate is not in the data either. */
const IMAGES = /^(mjpeg|mpjpeg|smjpeg|mjpeg_2000|image2pipe|\w+_pipe|ingenient)$/;

/** Whether the times of an input in this format are ffmpeg's invention. */
export function isTimeless({ format }: InputFacts): boolean {
  return TIMELESS.test(format);
}

/** Whether an input in this format is one image after the other. */
export function isImages({ format }: InputFacts): boolean {
  return IMAGES.test(format);
}

/** Reads what ffmpeg says line by line on standard error at `-loglevel level+info`, level and context removed. */
export class InputReport {
  #format = '';
  #end: Microseconds | undefined;
  #frameRate: number | undefined;
  #track = '';
  readonly #tracks = new Map<string, string>();

  /** Takes a line; returns the picture it describes, if it does. */
  line(text: string): PictureFacts | undefined {
    const picture = PICTURE.exec(text);
    if (picture) {
      const [, pts, width, height, fields] = picture;
      return {
        pts: pts === 'NOPTS' ? undefined : Number(pts),
        width: Number(width),
        height: Number(height),
        interlaced: fields === 'T' || fields === 'B',
      };
    }
    this.#header(text);
    return undefined;
  }

  /** What was said so far; complete once the first picture was described. */
  get facts(): InputFacts {
    return { format: this.#format, end: this.#end, track: this.#track, frameRate: this.#frameRate };
  }

  #header(text: string): void {
    const format = INPUT.exec(text)?.[1];
    if (format !== undefined) this.#format = format;
    const duration = DURATION.exec(text);
    if (duration) {
      const [hours = 0, minutes = 0, seconds = 0, start = 0] = duration
        .slice(1)
        .map((text) => Number(text ?? 0));
      this.#end = fromSeconds(hours * 3600 + minutes * 60 + seconds + start);
    }
    const track = TRACK.exec(text);
    // The output has a list of tracks, too; the first of a number is the input's.
    if (track && !this.#tracks.has(track[1] as string))
      this.#tracks.set(track[1] as string, track[2] as string);
    const mapped = MAPPING.exec(text)?.[1];
    if (mapped !== undefined) this.#track = this.#tracks.get(mapped) ?? '';
    const rate = RATE.exec(text);
    if (rate && this.#frameRate === undefined) {
      const value = Number(rate[1]) / Number(rate[2]);
      if (Number.isFinite(value) && value > 0) this.#frameRate = value;
    }
  }
}
