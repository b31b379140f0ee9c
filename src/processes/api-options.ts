import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import { packageFile } from '../package-file.ts';
import { readers } from './access-keys.ts';
import { refusalLog } from './refusal-log.ts';
import type { ServeApiOptions } from './serve-api.ts';

/** The viewer's files, as they were built. */
const webFolder = packageFile('dist/web');

/** What the settings say of the API; rejects with USAGE for a file of keys that cannot be read. */
export async function apiOptions(
  config: Config,
  log: Logger,
): Promise<Omit<ServeApiOptions, 'store' | 'storage'>> {
  return {
    defaultName: config.name,
    webFolder,
    host: config.host,
    port: config.port,
    token: config.token,
    readers: await readers(config),
    corsOrigins: config.corsOrigin,
    deltaUpdates: config.deltaUpdates,
    plainConnections: config.plainConnections,
    publicPath: config.publicPath,
    publicHosts: [
      ...config.publicHost,
      ...(config.publicUrl === undefined ? [] : [new URL(config.publicUrl).hostname]),
    ],
    clipLimit: config.clipLimit,
    // What paints is loaded by the first who wants it.
    clipPainter: async (order) => (await import('../objects/burn-in.ts')).clipPainter(config.ffmpeg)(order),
    frameAncestors: config.frameAncestors,
    connectionsPerAddress: config.connectionsPerAddress,
    perAddress: {
      failedTokens: config.failedTokens,
      writes: config.writeRate,
      events: config.eventsPerAddress,
      blocked: config.blockingPerAddress,
      trustProxy: config.trustProxy,
      refused: refusalLog(log),
    },
    waitLimit: config.blockingRequests,
  };
}
