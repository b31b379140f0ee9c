import { execFile } from 'node:child_process';
import { HlsStreamError } from '../errors.ts';
import { foreignEnvironment } from '../program/environment.ts';
import { notFound } from './program.ts';

/** An ffmpeg that will do. */
export interface FoundFfmpeg {
  /** As given: a path, or a name found in PATH. */
  readonly path: string;
  /** As the program says it: `5.1.9-0+deb12u1`, `n7.1`, `N-109542-gabcdef`. */
  readonly version: string;
}

/** The oldest release whose `-fps_mode` and fragment flags do what we need. */
const OLDEST = [5, 1] as const;

/**
 * Asks the program for its version.
 * @throws HlsStreamError FFMPEG_NOT_FOUND (nothing there, or no ffmpeg), FFMPEG_TOO_OLD (below 5.1).
 */
export async function findFfmpeg(path = 'ffmpeg'): Promise<FoundFfmpeg> {
  const version = /^ffmpeg version (\S+)/m.exec(await ask(path, ['-version']))?.[1];
  if (version === undefined) {
    throw new HlsStreamError(
      'FFMPEG_NOT_FOUND',
      `${path} is not ffmpeg; install ffmpeg 5.1 or later, or name it with --ffmpeg`,
    );
  }
  if (isTooOld(version)) {
    throw new HlsStreamError(
      'FFMPEG_TOO_OLD',
      `${path} is ffmpeg ${version}; install ${OLDEST.join('.')} or later, or name one with --ffmpeg`,
    );
  }
  return { path, version };
}

/** True for a release below 5.1. Builds from git or nightly (`N-…`, `git-…`, a date) have no release number and pass. */
export function isTooOld(version: string): boolean {
  const match = /^n?(\d+)\.(\d+)/.exec(version);
  if (match === null) return false;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}

/** The names of all encoders the program has, for example `libx264`. @throws as {@link findFfmpeg}. */
export async function listEncoders(path: string): Promise<ReadonlySet<string>> {
  const listing = await ask(path, ['-hide_banner', '-encoders']);
  return new Set(Array.from(listing.matchAll(/^ [A-Z.]{6} (\S+)/gm), (match) => match[1] as string));
}

/** Makes sure that the program has this encoder. @throws HlsStreamError ENCODER_UNAVAILABLE, FFMPEG_NOT_FOUND. */
export async function requireEncoder(path: string, encoder: string): Promise<void> {
  const known = await listEncoders(path);
  if (known.has(encoder)) return;
  const others = [...known].filter((name) => name === 'libx264' || name.startsWith('h264_'));
  throw new HlsStreamError(
    'ENCODER_UNAVAILABLE',
    `${path} has no encoder ${encoder}; ${
      others.length > 0
        ? `choose one it has with --encoder: ${others.join(', ')}`
        : 'install an ffmpeg with libx264'
    }`,
  );
}

/** What the program prints on stdout. */
function ask(path: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = foreignEnvironment();
    execFile(
      path,
      args,
      { timeout: 20_000, killSignal: 'SIGKILL', maxBuffer: 1 << 22, env },
      (error, stdout) => {
        if (error === null) return resolve(stdout);
        const reason = error as NodeJS.ErrnoException;
        if (reason.code === 'ENOENT') return reject(notFound(Object.assign(reason, { path })));
        reject(
          new HlsStreamError(
            'FFMPEG_NOT_FOUND',
            `${path} does not run as ffmpeg (${error.message.trim().split('\n')[0]}); name another with --ffmpeg`,
            {
              cause: error,
            },
          ),
        );
      },
    );
  });
}
