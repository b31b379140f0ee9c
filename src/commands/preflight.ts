import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { readCertificate } from '../api/server/certificate.ts';
import type { Config } from '../config/config.ts';
import { HlsStreamError } from '../errors.ts';
import { findFfmpeg, requireEncoder } from '../ffmpeg/find.ts';
import { checkContent, modulePath } from '../source/content.ts';
import { inputKind } from '../source/input-kind.ts';
import { storageEngine } from '../storage/open.ts';
import { storeEngine } from '../store/open.ts';

/**
 * What can be known before the first child is forked, so that it is said in one line. Resolves to the settings
 * with what was found out: the port, if any free one was asked for. All API workers must be given the same.
 * @throws HlsStreamError FFMPEG_NOT_FOUND, FFMPEG_TOO_OLD, ENCODER_UNAVAILABLE, DATA_DIR_NOT_WRITABLE,
 *   PORT_IN_USE, ADDRESS_UNAVAILABLE, SOURCE_FAILED, TLS_INVALID, USAGE
 */
export async function checkBeforeStart(config: Config): Promise<Config> {
  if (storeEngine(config.store)?.shared === false) {
    throw new HlsStreamError(
      'USAGE',
      `--store ${config.store} would give each process a store of its own; leave it out, and start makes one for all`,
    );
  }
  await findFfmpeg(config.ffmpeg);
  await requireEncoder(config.ffmpeg, config.encoder);
  await checkSource(config);
  readCertificate(config);
  const media = storageEngine(config.media);
  if (media.lookAtStart) await media.look(config);
  if (config.httpRedirect !== undefined) await checkPort(config.host, config.httpRedirect, '--http-redirect');
  return { ...config, port: await checkPort(config.host, config.port) };
}

/** What can be known of a source before it is opened. @throws HlsStreamError SOURCE_FAILED, USAGE */
export async function checkSource({ source, loop }: Config): Promise<void> {
  if (source === 'chessboard') return;
  if (source === '-' && process.stdin.isTTY) {
    throw new HlsStreamError(
      'USAGE',
      '--source - reads standard input, which is a terminal; pipe something into it',
    );
  }
  if (/^\/(dev|proc\/self)\/fd\//.test(source)) {
    throw new HlsStreamError(
      'USAGE',
      `--source ${source} is a pipe of this process only; pipe into --source - instead`,
    );
  }
  const path = await modulePath(source);
  const kind = path === undefined ? inputKind(source) : 'module';
  if (loop && kind !== 'file' && kind !== 'remote') {
    throw new HlsStreamError('USAGE', `--loop plays a file again, which ${source} is not; leave it out`);
  }
  if (path === undefined) await checkContent(source);
  else if (!existsSync(path)) await checkContent(path);
}

/**
 * The port can be listened on now; resolves to it, for 0 to one that is free.
 * @throws HlsStreamError PORT_IN_USE, ADDRESS_UNAVAILABLE
 */
export async function checkPort(host: string, port: number, flag = '--port'): Promise<number> {
  const probe = createServer();
  return await new Promise<number>((resolve, reject) => {
    probe.once('error', (cause: NodeJS.ErrnoException) => reject(listenError(host, port, flag, cause)));
    probe.listen({ host, port, exclusive: true }, () => {
      const address = probe.address();
      const found = typeof address === 'object' && address !== null ? address.port : port;
      probe.close(() => resolve(found));
    });
  });
}

function listenError(host: string, port: number, flag: string, cause: NodeJS.ErrnoException): HlsStreamError {
  if (cause.code === 'EADDRINUSE') {
    return new HlsStreamError(
      'PORT_IN_USE',
      `port ${port} on ${host} is taken; stop what uses it, or choose another ${flag}`,
      { cause },
    );
  }
  const hint = cause.code === 'EACCES' ? `choose a ${flag} from 1024 on` : 'choose a --host of this machine';
  return new HlsStreamError(
    'ADDRESS_UNAVAILABLE',
    `cannot listen on ${host} port ${port} (${cause.code}); ${hint}`,
    { cause },
  );
}
