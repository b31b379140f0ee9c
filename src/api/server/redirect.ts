import { createServer, type Server } from 'node:http';
import { HlsStreamError } from '../../errors.ts';
import type { OwnHosts } from '../access/own-hosts.ts';
import { errorBody, statusOfError } from '../http/http-error.ts';
import { PublicPath } from '../http/public-path.ts';
import { settleTarget } from '../http/request-target.ts';
import type { ClientLimits } from './web-server.ts';

const AT_ROOT = new PublicPath('/');

/**
 * A plain HTTP server that sends everybody to the same place over HTTPS (308 keeps the method). Not listening yet.
 * @param port where HTTPS is served
 * @param ownHosts the names under which this server may be asked; a name of somebody else's is not led on to
 */
export function createRedirect(port: number, limits: ClientLimits, ownHosts?: OwnHosts): Server {
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headerTime,
      requestTimeout: limits.headerTime,
      requireHostHeader: false,
    },
    (request, response) => {
      const named = request.headers.host ?? '';
      let path: string | undefined;
      let refusal = new HlsStreamError('BAD_REQUEST', 'the request names no host of ours');
      try {
        settleTarget(request, AT_ROOT);
        // Only a path of ours: an absolute URL might name another place.
        if (request.headers.host === named) path = request.url;
        ownHosts?.check(named);
      } catch (error) {
        // No host, or none that can be meant.
        path = undefined;
        refusal = error instanceof HlsStreamError && error.code === 'FOREIGN_HOST' ? error : refusal;
      }
      const name = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i.exec(named)?.[1];
      if (name === undefined || path?.startsWith('/') !== true) {
        const headers = { 'Content-Type': 'application/json; charset=utf-8', Connection: 'close' };
        response.writeHead(statusOfError(refusal), headers).end(JSON.stringify(errorBody(refusal)));
        return;
      }
      const location = `https://${name}${port === 443 ? '' : `:${port}`}${path}`;
      response.writeHead(308, { Location: location, 'Content-Length': 0, Connection: 'close' }).end();
    },
  );
  server.setTimeout(limits.headerTime);
  return server;
}
