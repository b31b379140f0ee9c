import type { Config } from '../config/config.ts';
import { HlsStreamError } from '../errors.ts';
import { serveFrames, serveRefusal } from '../source/frame-server.ts';
import { openSource } from '../source/open.ts';
import { asChild } from './child.ts';
import { inputSocket } from './local-sockets.ts';

/**
 * The input child: owns standard input for the life of the system and hands whole frames to whichever stream child
 * there is. It cannot be replaced: nobody would know at which byte of which frame to go on.
 */
export async function run(config: Config): Promise<void> {
  const child = asChild('input', config);
  const { log, stopping: signal, predecessor } = child;
  const path = inputSocket();
  if (path === undefined) {
    throw new HlsStreamError('USAGE', 'input is started by start; let stream read standard input itself');
  }
  if (predecessor !== undefined) {
    const message = `standard input cannot be read on: ${predecessor.message}; start hlsstream and the program before the pipe again`;
    log.error(message);
    child.ready();
    return serveRefusal(path, { code: 'SOURCE_FAILED', message }, signal);
  }
  await serveFrames({
    ...{ path, signal },
    open: () => openSource(config, { signal, log }),
    waits: config.inputTiming === 'rate' && config.inputFormat !== 'auto',
    onReady: () => child.ready(),
  });
}
