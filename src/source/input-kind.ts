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

/** The arguments that name the input to ffmpeg, with what its kind of transport needs. */
export function inputArguments(input: string): readonly string[] {
  const kind = inputKind(input);
  if (kind === 'pipe') return ['-i', 'pipe:0'];
  // A name that looks like an option or like a protocol, but is there.
  if (kind === 'file' && !/^(\/|file:)/.test(input)) return ['-i', `file:${input}`];
  // A camera that says nothing for so long is gone; without a limit ffmpeg would wait for ever. In µs.
  if (/^rtsps?:/i.test(input)) return ['-rtsp_transport', 'tcp', '-timeout', '10000000', '-i', input];
  if (/^(https?|rtmp[a-z]*):/i.test(input)) return ['-rw_timeout', '15000000', '-i', input];
  return ['-i', input];
}
