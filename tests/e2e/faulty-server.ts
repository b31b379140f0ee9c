import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';

/** What a server cannot be made to do at will is done to it here: it refuses, holds back, lacks, breaks off and cuts. */
export interface Faults {
  /** While true every request is answered with 503 and no connection is kept. */
  refuse(refusing: boolean): void;
  /** While true requests for playlists and media are taken and not answered: all of them, or those of some paths. */
  hold(holding: boolean, of?: (path: string) => boolean): void;
  /** While true playlists and media, or those of some paths, are answered with this status, and all else as ever. */
  lack(lacking: boolean, of?: (path: string) => boolean, status?: number): void;
  /** While true of each segment half is answered, and then the connection is cut. */
  halve(halving: boolean): void;
  /** Answers of some paths come in small pieces, and take so many seconds; 0 for no longer than they must. */
  trickle(seconds: number, of: (path: string) => boolean): void;
  /** While true every connection is cut as soon as it is there, as if nobody listened. */
  cut(cutting: boolean): void;
  /** Everything is answered as ever again. */
  mend(): void;
  /** Paths of requests since the start, and `cut` for each connection that was; in order. */
  readonly requests: readonly string[];
  /** How many listen to events now. */
  readonly listening: number;
}

/** A server with faults around it. */
export interface FaultyServer extends Faults {
  readonly url: string;
  close(): Promise<void>;
}

// Untyped bodies count as XML: VHS asks for the document of an empty one, and Chromium's page about bad XML, which it
// makes for it, breaks the page's policy with style attributes of its own.
const plain = { 'Content-Type': 'text/plain' };

/**
 * Starts it on a free port.
 * @param answer answers what is not to fail
 * @param now the server's time in milliseconds since the Unix epoch
 */
export async function startFaultyServer(
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
  now: () => number = Date.now,
): Promise<FaultyServer> {
  const requests: string[] = [];
  const listeners = new Set<ServerResponse>();
  let refusing = false;
  let cutting = false;
  let halving = false;
  let lackOf = (_path: string): number | undefined => undefined;
  let secondsOf = (_path: string) => 0;
  let held: (() => void)[] = [];
  let isHeld = (_path: string) => false;

  const server = createServer((request, response) => {
    const path = request.url ?? '';
    requests.push(path);
    if (path.startsWith('/video/') && isHeld(path)) held.push(() => answerTo(request, response));
    else answerTo(request, response);
  });

  function answerTo(request: IncomingMessage, response: ServerResponse): unknown {
    const path = new URL(request.url ?? '/', 'http://fixture').pathname;
    response.setHeader('Date', new Date(now()).toUTCString());
    if (refusing) return response.writeHead(503, plain).end();
    const lack = path.startsWith('/video/') ? lackOf(path) : undefined;
    if (lack !== undefined) return response.writeHead(lack, plain).end();
    const seconds = secondsOf(path);
    if (seconds > 0) slowDown(response, seconds);
    if (halving && path.endsWith('.m4s')) breakOff(response);
    if (path.endsWith('/markers/events')) {
      listeners.add(response);
      response.on('close', () => listeners.delete(response));
    }
    return answer(request, response);
  }

  server.on('connection', (socket) => {
    if (!cutting) return;
    requests.push('cut');
    socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const hold: Faults['hold'] = (now, of = () => true) => {
    for (const go of held) go();
    held = [];
    isHeld = now ? of : () => false;
  };
  return {
    url: `http://127.0.0.1:${port}/`,
    refuse(now) {
      refusing = now;
      if (now) for (const response of listeners) response.destroy();
    },
    hold,
    lack(now, of = () => true, status = 500) {
      lackOf = (path) => (now && of(path) ? status : undefined);
    },
    halve(now) {
      halving = now;
    },
    trickle(seconds, of) {
      secondsOf = (path) => (of(path) ? seconds : 0);
    },
    cut(now) {
      cutting = now;
      if (now) server.closeAllConnections();
    },
    mend() {
      [refusing, cutting, halving] = [false, false, false];
      lackOf = () => undefined;
      secondsOf = () => 0;
      hold(false);
    },
    requests,
    get listening() {
      return listeners.size;
    },
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Sends half of what the answer is, and cuts the connection. */
function breakOff(response: ServerResponse): void {
  const write = response.write.bind(response);
  const half = (body: Buffer) => write(body.subarray(0, body.length / 2), () => response.destroy());
  Object.assign(response, { write: half, end: half });
}

/** How long after each other pieces are sent, in milliseconds. */
const PIECE_MS = 100;

/** Sends what the answer is bit by bit, in so many seconds. */
function slowDown(response: ServerResponse, seconds: number): void {
  const [write, end] = [response.write.bind(response), response.end.bind(response)];
  let sent = Promise.resolve();
  const send = async (body: Buffer) => {
    const length = Number(response.getHeader('Content-Length') ?? body.length);
    const piece = Math.ceil((length * PIECE_MS) / (seconds * 1000));
    for (let at = 0; at < body.length && !response.destroyed; at += piece) {
      write(body.subarray(at, at + piece));
      await setTimeout(PIECE_MS);
    }
  };
  Object.assign(response, {
    write(body: Buffer) {
      sent = sent.then(() => send(body));
      return true;
    },
    end(body: Buffer = Buffer.alloc(0)) {
      sent = sent.then(() => send(body)).then(() => void end());
    },
  });
}
