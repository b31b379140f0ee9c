import assert from 'node:assert/strict';
import {
  type ClientRequest,
  request as httpRequest,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http';
import { assertDescribed } from './described.ts';

/** An answer as it came over the wire. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
  readonly json: any;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
}

/** A request under way. */
export interface Pending {
  readonly request: ClientRequest;
  readonly answer: Promise<Answer>;
  /** True once an answer came. */
  readonly answered: () => boolean;
}

/** Sends a request with its path exactly as written; a new connection each time. */
export function send(
  port: number,
  path: string,
  { method = 'GET', headers = {}, body }: Asked = {},
): Pending {
  let done = false;
  const request = httpRequest({ host: '127.0.0.1', port, path, method, headers, agent: false });
  const answer = new Promise<Answer>((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response) => {
      done = true;
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        try {
          assertDescribed(method, path, response.statusCode ?? 0);
        } catch (error) {
          reject(error);
        }
        const bytes = Buffer.concat(chunks);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          bytes,
          text: bytes.toString(),
          get json() {
            return JSON.parse(bytes.toString());
          },
        });
      });
    });
  });
  request.end(body);
  return { request, answer, answered: () => done };
}

/** Asserts that an answer is an error of this status and code in the one shape all errors have. */
export function assertError(answer: Answer, status: number, code: string): void {
  assert.equal(answer.status, status, answer.text);
  assert.match(answer.headers['content-type'] ?? '', /^application\/json/);
  assert.equal(answer.json.error.code, code);
  assert.ok(answer.json.error.message.length > 0);
}
