import { isIP } from 'node:net';
import type { Config } from './config.ts';

/**
 * What the addresses of a server begin with that listens as the settings say, without a slash at the end: a wildcard
 * address is reached by the machine's own name for itself.
 */
export function baseUrl({ host, tlsCert }: Pick<Config, 'host' | 'tlsCert'>, port: number): string {
  const open = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `${tlsCert === undefined ? 'http' : 'https'}://${isIP(open) === 6 ? `[${open}]` : open}:${port}`;
}
