import { constants } from 'node:os';
import { baseUrl } from '../config/base-url.ts';
import type { Config } from '../config/config.ts';
import type { HlsStreamError } from '../errors.ts';
import { Launcher } from '../launcher/launcher.ts';
import { heedOwner } from '../launcher/owner.ts';
import { reportToSystemd } from '../launcher/systemd.ts';
import { guard } from '../processes/guard.ts';
import { createLogger } from '../processes/logger.ts';
import { checkBeforeStart } from './preflight.ts';

/**
 * `hlsstream start`: the whole system, until a signal ends it. Resolves to the exit code.
 * @throws HlsStreamError when something that can be seen beforehand would keep it from running, or a child
 *   could not start; no child is left then
 */
export async function start(asked: Config): Promise<number> {
  guard(asked);
  const config = await checkBeforeStart(asked);
  const log = createLogger('launcher', config.logLevel);
  const { promise: over, resolve: finish } = deferred<HlsStreamError | undefined>();
  const systemd = reportToSystemd(log);
  const launcher = new Launcher(config, log, {
    serving() {
      systemd.ready();
      owner.serving(config.port);
    },
    viewers: (count) => owner.viewers(count),
    drained: () => owner.drained(),
    playable: (port) => process.stdout.write(`Watch ${config.name} at ${baseUrl(config, port)}/\n`),
    failed: finish,
  });
  const owner = heedOwner({ stop: () => finish(undefined), leaveOpen: (open) => launcher.leaveOpen(open) });
  let signals = 0;
  const onSignal = (signal: NodeJS.Signals) => {
    signals += 1;
    if (signals > 1) {
      launcher.kill();
      process.exit(128 + constants.signals[signal]);
    }
    log.info({ signal }, 'stopping; once more to end at once');
    finish(undefined);
  };
  // Without a certificate there is nothing to read again, and SIGHUP says that the terminal is gone.
  const onHangUp = config.tlsCert === undefined ? onSignal : () => launcher.reload();
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('SIGHUP', onHangUp);
  launcher.start();
  const error = await over;
  systemd.stopping();
  await launcher.stop();
  systemd.close();
  owner.close();
  process.off('SIGINT', onSignal).off('SIGTERM', onSignal).off('SIGHUP', onHangUp);
  if (error) throw error;
  log.info('stopped');
  return 0;
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
