import { type Stats, statSync } from 'node:fs';
import { protocolsFor } from './protocols.ts';

/** What ffmpeg reads: this decides about pacing, and about what its end means. */
export type InputKind =
  /** Lies there whole: played in real time, can be read again from any place. */
  | 'file'
  /** Comes at its own pace, has no end: taken as it comes, an end is a break. */
  | 'live'
  /** May be either (HTTP): played in real time, a clean end is the end, an error is a break. */
  | 'remote'
  /** Standard input: as remote, but it cannot be opened again. */
  | 'pipe';

const LIVE = /^(rtsps?|rtmp[a-z]*|rtp|srtp|udp|udplite|srt|rist|tcp|tls|unix|mms[a-z]*|whep):/i;
/** A name before a colon, with options behind a comma as `subfile` has them; one letter is a drive of Windows. */
const SCHEME = /^([a-z][a-z0-9+.-]+)(?:,[^:]*)?:/i;
/** Protocols that only wrap what stands behind their colon. */
const WRAPPERS = new Set(['concat', 'concatf', 'subfile', 'crypto', 'cache', 'async']);

/** Tells the kind of an input by what is there, and by its scheme; its name alone says nothing. */
export function inputKind(input: string): InputKind {
  if (input === '-' || input === 'pipe:0') return 'pipe';
  const path = localPath(input);
  if (path !== undefined) {
    const found = whatIsAt(path);
    // A device and a named pipe give what comes, and are opened again when their writer has left.
    if (found !== undefined) return found.isCharacterDevice() || found.isFIFO() ? 'live' : 'file';
    return /^\/dev\/(?!shm\/)/.test(path) ? 'live' : 'file';
  }
  const [begin = '', scheme = ''] = SCHEME.exec(input) ?? [];
  if (WRAPPERS.has(scheme.toLowerCase())) return inputKind(input.slice(begin.length).split('|')[0] ?? '');
  if (scheme.toLowerCase() === 'data') return 'file';
  return LIVE.test(input) ? 'live' : 'remote';
}

/** Whether an input comes from a camera or over a network, so that its silence is a lost signal. */
export function isLive(input: string): boolean {
  const kind = inputKind(input);
  return kind === 'live' || kind === 'remote';
}

/** The path of an input that is a file on this machine, there or not; `undefined` for a URL. */
export function localPath(input: string): string | undefined {
  if (whatIsAt(input) !== undefined) return input;
  if (/^file:/i.test(input)) return input.slice('file:'.length).replace(/^\/\/(?=\/)/, '');
  return SCHEME.test(input) ? undefined : input;
}

/** What lies at a path, links followed; `undefined` if nothing does. */
export function whatIsAt(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    // A path through a file, one that is too long, or one that may not be looked at.
    return undefined;
  }
}

/** Whether a name that is no file stands for numbered pictures: `shot%03d.png`. */
export function isNumbered(path: string): boolean {
  return /%0?\d*d/.test(path) && whatIsAt(path) === undefined;
}

/**
 * The arguments that name the input to ffmpeg, with what its kind of transport needs.
 * @param options of whoever runs it, which win
 */
export function inputArguments(input: string, options: readonly string[] = []): readonly string[] {
  const kind = inputKind(input);
  const isLocal = kind === 'pipe' || localPath(input) !== undefined;
  const allowed = ['-protocol_whitelist', protocolsFor(input, isLocal).join(',')];
  if (kind === 'pipe') return [...allowed, ...options, '-i', 'pipe:0'];
  if (kind !== 'file') return [...allowed, ...transport(input), ...options, '-i', input];
  return [...allowed, ...oneImage(input), ...options, '-i', fileName(input)];
}

/** Names of images that ffmpeg takes for a pattern of names. */
const PATTERN =
  /(%0?\d*d|[*?{]|%\[).*\.(jpe?g|png|webp|gif|bmp|tiff?|p[bgpn]m|pam|jp2|j2k|tga|exr|dpx|hdr|qoi)$/i;

/** What says that a file which is there is that one image, whatever its name looks like. */
function oneImage(input: string): readonly string[] {
  const path = localPath(input);
  if (path === undefined || !PATTERN.test(path) || whatIsAt(path)?.isFile() !== true) return [];
  return /\.gif$/i.test(path) ? ['-f', 'gif'] : ['-f', 'image2', '-pattern_type', 'none'];
}

/** A file as ffmpeg takes it: a name that looks like an option or a protocol, or is pictures by their number. */
function fileName(input: string): string {
  if (/^(\/|\.\.?\/|file:)/i.test(input) || localPath(input) === undefined) return input;
  return whatIsAt(input) === undefined ? `./${input}` : `file:${input}`;
}

/** A camera that says nothing for so long is gone; without a limit ffmpeg would wait for ever. In µs. */
function transport(input: string): readonly string[] {
  if (/^rtsps?:/i.test(input)) return ['-rtsp_transport', 'tcp', '-timeout', '9000000'];
  if (/^(https?|rtmp[a-z]*):/i.test(input)) return ['-rw_timeout', '9000000'];
  return [];
}

/** Options of ffmpeg, NAME=VALUE each, as its arguments; headers are one option, a line each. */
export function inputOptionArguments(given: readonly string[]): readonly string[] {
  const options = new Map<string, string>();
  for (const option of given) {
    const equals = option.indexOf('=');
    const [name, value] = [option.slice(0, equals), option.slice(equals + 1)];
    if (name === 'headers')
      options.set(name, `${options.get(name) ?? ''}${value.replace(/(\r?\n)*$/, '')}\r\n`);
    else options.set(name, value);
  }
  return [...options].flatMap(([name, value]) => [`-${name}`, value]);
}
