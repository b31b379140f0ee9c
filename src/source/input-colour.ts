import type { InputFacts, PictureFacts } from './input-report.ts';

/** Transfer functions that BT.2020 comes with: HLG, PQ, or that of SDR. */
export type WideTransfer = 'arib-std-b67' | 'smpte2084' | 'sdr';

/** Codecs of broadcast, cameras and films, whose pictures are of BT.709 in high definition unless they say otherwise. */
const OF_FILM = /^(h264|hevc|vvc|av1|vp9|mpeg2video|vc1|prores|dnxhd)\b/;
/** Pixel format of a track, and in brackets what it says of its colours. */
const PIXELS = /, ([a-z]\w+)(?:\(([^)]*)\))?, \d+x\d+/;
/** What standard definition has at most, in pixels: 576 lines of PAL, below 1280 columns. */
const [COLUMNS_OF_SD, LINES_OF_SD] = [1279, 576];

/** The transfer function of a track whose colours are wider than BT.709; `undefined` for all others. */
export function wideColour({ track }: InputFacts): WideTransfer | undefined {
  const [found] = /\b(arib-std-b67|smpte2084)\b/.exec(track) ?? [];
  if (found !== undefined) return found as WideTransfer;
  return /\bbt2020/.test(track) ? 'sdr' : undefined;
}

/**
 * Whether the matrix of a track is that of BT.709 although it does not say so: by its primaries, or because it is in
 * high definition. ffmpeg takes all that say nothing for BT.601; players do as this does.
 */
export function isTacitlyBt709({ track }: InputFacts, { width, height }: PictureFacts): boolean {
  const [, pixels = '', properties = ''] = PIXELS.exec(track) ?? [];
  if (!/^(yuv|nv|p\d)/.test(pixels)) return false;
  const colours = properties.split(', ').find((word) => /^(bt|smpte|fcc|ycgco|gbr|\w+\/)/.test(word));
  const [matrix = 'unknown', primaries = 'unknown'] = colours?.split('/') ?? [];
  if (matrix !== 'unknown') return false;
  if (primaries !== 'unknown') return primaries === 'bt709';
  return OF_FILM.test(track) && (width > COLUMNS_OF_SD || height > LINES_OF_SD);
}

/** Whether the pictures of a track may be transparent. */
export function isTransparent({ track }: InputFacts): boolean {
  return /^(yuva|gbrap|[rb]gba|a[rb]g[rb]|ya\d|pal8)/.test(PIXELS.exec(track)?.[1] ?? '');
}
