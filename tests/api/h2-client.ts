import {
  type ClientHttp2Session,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { assertDescribed } from './described.ts';

/** An answer that came by HTTP/2. */
export interface H2Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** One HTTP/2 connection; whom it talks to is not verified. */
export interface H2Client {
  readonly session: ClientHttp2Session;
  get(path: string, headers?: OutgoingHttpHeaders, body?: string): Promise<H2Answer>;
  close(): void;
}

/** Opens a connection to a port of this machine. */
export function h2Client(port: number): H2Client {
  const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  session.on('error', () => {});
  const get = (path: string, headers: OutgoingHttpHeaders = {}, body?: string) =>
    new Promise<H2Answer>((resolve, reject) => {
      const stream = session.request({ ':path': path, ...headers });
      let answer: IncomingHttpHeaders = {};
      let text = '';
      stream.on('response', (given) => {
        answer = given;
      });
      stream.setEncoding('utf8');
      stream.on('data', (chunk) => {
        text += chunk;
      });
      stream.on('error', reject);
      stream.on('end', () => {
        const status = Number(answer[':status']);
        try {
          assertDescribed(String(headers[':method'] ?? 'GET'), path, status);
        } catch (error) {
          reject(error);
        }
        resolve({ status, headers: answer, text });
      });
      stream.end(body);
    });
  return { session, get, close: () => session.destroy() };
}
