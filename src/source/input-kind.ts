import { existsSync } from 'node:fs';

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

const LIVE = /^(rtsps?|rtmp[a-z]*|rtp|srtp|udp|srt|rist|tcp|mms[a-z]*|whep):/i;
const SCHEME = /^[a-z][a-z0-9+.-]+:/i;

/** Tells the kind of an input by its name, as given with `--source`. */
export function inputKind(input: string): InputKind {
  if (input === '-' || input === 'pipe:0') return 'pipe';
  if (input.startsWith('/dev/')) return 'live';
  if (existsSync(input) || input.startsWith('file:')) return 'file';
  if (LIVE.test(input)) return 'live';
  return SCHEME.test(input) ? 'remote' : 'file';
}

/**
 * The arguments that name the input to ffmpeg, with what its kind of transport needs.
 * @param options of whoever runs it, which win
 */
export function inputArguments(input: string, options: readonly string[] = []): readonly string[] {
  const kind = inputKind(input);
  if (kind === 'pipe') return [...options, '-i', 'pipe:0'];
  // A name that looks like an option or like a protocol, but is there.
  if (kind === 'file' && !/^(\/|file:)/.test(input)) return [...options, '-i', `file:${input}`];
  return [...transport(input), ...options, '-i', input];
}

/** A camera that says nothing for so long is gone; without a limit ffmpeg would wait for ever. In µs. */
function transport(input: string): readonly string[] {
  if (/^rtsps?:/i.test(input)) return ['-rtsp_transport', 'tcp', '-timeout', '10000000'];
  if (/^(https?|rtmp[a-z]*):/i.test(input)) return ['-rw_timeout', '15000000'];
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
