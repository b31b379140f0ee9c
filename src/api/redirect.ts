import { createServer, type Server } from 'node:http';
import { HlsStreamError } from '../errors.ts';
import { errorBody } from './http-error.ts';
import type { ClientLimits } from './web-server.ts';

/**
 * A plain HTTP server that sends everybody to the same place over HTTPS (308 keeps the method). Not listening yet.
 * @param port where HTTPS is served
 */
export function createRedirect(port: number, limits: ClientLimits): Server {
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headerTime,
      requestTimeout: limits.headerTime,
    },
    (request, response) => {
      const name = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i.exec(request.headers.host ?? '')?.[1];
      const path = request.url ?? '';
      // Only a path of ours: an absolute URL would name another place.
      if (name === undefined || !path.startsWith('/')) {
        const body = errorBody(new HlsStreamError('BAD_REQUEST', 'the request names no host of ours'));
        response.writeHead(400, { 'Content-Type': 'application/json; charset=utf-8', Connection: 'close' });
        response.end(JSON.stringify(body));
        return;
      }
      const location = `https://${name}${port === 443 ? '' : `:${port}`}${path}`;
      response.writeHead(308, { Location: location, 'Content-Length': 0, Connection: 'close' }).end();
    },
  );
  server.setTimeout(limits.headerTime);
  return server;
}
