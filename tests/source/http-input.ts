import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A web server or camera on loopback. */
export interface HttpInput {
  readonly url: string;
  /** Requests so far, HEAD and those for a length alone included. */
  readonly requests: readonly IncomingMessage[];
  close(): Promise<void>;
}

/** Serves `answer`, which is told the number of the request, from 1. */
export async function serveInput(
  answer: (request: IncomingMessage, response: ServerResponse, count: number) => void,
): Promise<HttpInput> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    response.on('error', () => {});
    answer(request, response, requests.length);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/camera`,
    requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** What becomes of a camera's connection after its last picture. */
export type CameraEnd = 'closes' | 'stays silent';

/**
 * A camera that sends JPEG pictures one behind the other (multipart/x-mixed-replace), `rate` a second, and after
 * `most` of them closes the connection or says nothing more.
 */
export function mjpegCamera(
  pictures: readonly Buffer[],
  rate: number,
  most = Number.POSITIVE_INFINITY,
  end: CameraEnd = 'closes',
) {
  return (_: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=frame' });
    let count = 0;
    const timer = setInterval(() => {
      const picture = pictures[count % pictures.length] as Buffer;
      if (count >= most) {
        clearInterval(timer);
        if (end === 'closes') response.end();
        return;
      }
      count += 1;
      response.write(`--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${picture.length}\r\n\r\n`);
      response.write(picture);
      response.write('\r\n');
    }, 1000 / rate);
    response.on('close', () => clearInterval(timer));
  };
}
