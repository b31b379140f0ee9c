import type { Http2SecureServer } from 'node:http2';
import type { Api } from '../api/api.ts';
import { readCertificate } from '../api/server/certificate.ts';
import { gentleCloser, listen } from '../api/server/connections.ts';
import { createRedirect } from '../api/server/redirect.ts';
import { clientLimits } from '../api/server/web-server.ts';
import type { Config } from '../config/config.ts';
import { toErrorRecord } from '../errors.ts';
import type { Child } from './child.ts';

/** Serves `--http-redirect`, if it is set; resolves to what ends it. */
export async function serveRedirect(
  { host, httpRedirect }: Config,
  port: number,
): Promise<() => Promise<void>> {
  if (httpRedirect === undefined) return async () => {};
  const server = createRedirect(port, clientLimits);
  const close = gentleCloser(server);
  await listen(server, host, httpRedirect);
  return close;
}

/** Connections from then on get the certificate as it lies in the files; a bad one changes nothing. */
export function renewOnReload({ config, log, onReload }: Child, { server }: Api): void {
  onReload(() => {
    try {
      (server as Http2SecureServer).setSecureContext({ ...readCertificate(config) });
      log.info('the certificate was read again');
    } catch (error) {
      log.error(toErrorRecord(error), 'the certificate was not renewed; the one before stays');
    }
  });
}
