import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import type { MarkerJson } from '../../src/hls/marker-query.ts';
import type { StreamJson } from '../../src/hls/stream-json.ts';
import { type FaultyServer, startFaultyServer } from './faulty-server.ts';
import type { RecordedStream } from './recorded-stream.ts';

/** What the API says, as far as a page needs it to show what is to be shown. */
type Told<Json> = { -readonly [Key in keyof Json]?: Json[Key] | undefined };

/** A stream as the fixture tells it. */
export type FixtureStream = Told<StreamJson>;

/** A marker as the fixture tells it. */
export type FixtureMarker = Told<MarkerJson>;

/**
 * A server for the viewer alone: the built page, a canned API and a live plain-HLS stream made by ffmpeg. What the
 * real system cannot be made to say at will (that it fell silent, what nobody wrote) is said here; a stream that the real
 * API serves is in served-stream.ts.
 */
export interface Fixture extends FaultyServer {
  /** What `GET /streams` says; change it to make something happen. */
  readonly stream: FixtureStream;
  /** Other fields of that answer, and more streams beside the one. */
  readonly answer: { mayMark: boolean; others: FixtureStream[]; store?: 'down' | undefined };
  /** Bodies of `POST /streams/fixture/markers`. */
  readonly posted: readonly Record<string, unknown>[];
  /** What is asked of `/clips/`, and what is answered there; each piece of the body after a little while. */
  readonly clips: { readonly asked: string[]; status: number; body: string; pieces: number; file?: Buffer };
  /** Sends a change to everyone who listens, and keeps it for those who come. */
  mark(op: 'open' | 'close' | 'edit' | 'delete', marker: FixtureMarker): void;
  /** A marker as it stands. */
  marker(id: string): FixtureMarker | undefined;
  /** Sends the stream's entry to everyone who listens. */
  announce(): void;
  /** Waits until three segments are there. */
  ready(): Promise<void>;
  /** Ends the stream: the playlist gets its ENDLIST. */
  end(): Promise<void>;
}

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; font-src 'self' data:; worker-src blob: 'self'";
const mime: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.m3u8': 'application/vnd.apple.mpegurl',
  '.m4s': 'video/mp4',
  '.mp4': 'video/mp4',
  '.jpg': 'image/jpeg',
  '.json': 'application/json',
};

/**
 * Starts it on a free port; segments of 1 s, a window of so many. With a recorded stream that one is served, and
 * the server's clock is its clock.
 */
export async function startFixture(
  recorded?: Pick<RecordedStream, 'file' | 'now' | 'end' | 'objects'>,
  window = 60,
): Promise<Fixture> {
  const folder = await mkdtemp(join(tmpdir(), 'hlsstream-fixture-'));
  const encoder = recorded
    ? undefined
    : spawn('ffmpeg', encoderArguments(folder, window), { stdio: 'ignore' });
  const stream: FixtureStream = {
    name: 'fixture',
    epoch: 'first',
    status: 'live',
    playlist: '/video/live.m3u8',
    targetDuration: 1,
    partTarget: 0,
    holdBack: 3,
    partHoldBack: 0,
    window,
    width: 640,
    height: 360,
    frameRate: 30,
  };
  const answer: Fixture['answer'] = { mayMark: false, others: [] };
  const posted: Record<string, unknown>[] = [];
  const clips: Fixture['clips'] = { asked: [], status: 200, body: 'piece of a clip', pieces: 3 };
  const markers = new Map<string, FixtureMarker>();
  const listeners = new Set<ServerResponse>();
  /** Every change, as it was sent; a cursor says how many there were. */
  const told: string[] = [];
  const plain = { 'Content-Type': 'text/plain' };

  function answerTo(request: IncomingMessage, response: ServerResponse): unknown {
    response.setHeader('Content-Security-Policy', policy);
    const path = new URL(request.url ?? '/', 'http://fixture').pathname;
    const body = recorded?.file(path);
    if (body !== undefined) {
      response.setHeader('Content-Type', mime[extname(path)] ?? 'application/octet-stream');
      return response.end(body);
    }
    if (path === '/streams') {
      response.setHeader('Content-Type', 'application/json');
      const { others, ...more } = answer;
      return response.end(JSON.stringify({ default: 'fixture', ...more, streams: [stream, ...others] }));
    }
    if (path.startsWith('/clips/')) return clip(request, response);
    if (path.endsWith('/markers') && request.method === 'POST') return take(request, response);
    if (path.endsWith('/markers')) {
      response.setHeader('Content-Type', 'application/json');
      const body = { markers: [...markers.values()], next: null, cursor: `f-${told.length}` };
      return response.end(JSON.stringify(body));
    }
    if (path.endsWith('/markers/events')) return listen(request, response);
    if (path.endsWith('/objects/events') && recorded?.objects) {
      response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
      const send = (data: unknown) => response.write(`event: objects\ndata: ${JSON.stringify(data)}\n\n`);
      return response.on('close', recorded.objects.listen(send));
    }
    const file = path.startsWith('/video/')
      ? join(folder, path.slice(7))
      : join('dist/web', path === '/' ? 'index.html' : path === '/embed' ? 'embed.html' : path);
    return readFile(file).then(
      (body) => {
        response.setHeader('Content-Type', mime[extname(file)] ?? 'application/octet-stream');
        response.end(body);
      },
      () => response.writeHead(404, plain).end(),
    );
  }

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse(await text(request)) as Record<string, unknown>;
    posted.push(body);
    const isFine = body.text !== 'refuse me';
    response.writeHead(isFine ? 201 : 422, { 'Content-Type': 'application/json' });
    response.end(
      JSON.stringify(isFine ? {} : { error: { code: 'INVALID_MARKER', message: 'text: not that' } }),
    );
  }

  async function clip(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, body, pieces } = clips;
    clips.asked.push(request.url ?? '');
    if (status !== 200) {
      response.writeHead(status, { 'Content-Type': 'application/json' });
      return void response.end(JSON.stringify({ error: { code: 'CLIP', message: body } }));
    }
    if (clips.file) return void response.writeHead(200, { 'Content-Type': 'video/mp4' }).end(clips.file);
    response.writeHead(200, { 'Content-Type': 'video/mp4', 'Content-Length': body.length * pieces });
    for (let piece = 0; piece < pieces && !response.destroyed; piece += 1) {
      response.write(body);
      await setTimeout(150);
    }
    response.end();
  }

  function listen(request: IncomingMessage, response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    const asked = new URL(request.url ?? '/', 'http://fixture').searchParams.get('cursor') ?? '';
    const place = /^f-(\d+)$/.exec(String(request.headers['last-event-id'] ?? asked))?.[1];
    if (place === undefined || Number(place) > told.length)
      response.write(event('reset', { cursor: `f-${told.length}` }));
    else response.write(`id: f-${told.length}\n\n${told.slice(Number(place)).join('')}`);
    listeners.add(response);
    response.on('close', () => listeners.delete(response));
  }

  function event(type: string, data: unknown): string {
    return `event: ${type}\nid: f-${told.length}\ndata: ${JSON.stringify(data)}\n\n`;
  }

  const server = await startFaultyServer(answerTo, recorded?.now);
  const left = encoder && once(encoder, 'exit');
  const closeServer = server.close;
  return Object.assign(server, {
    async ready() {
      if (recorded) return;
      for (;;) {
        const playlist = await readFile(join(folder, 'live.m3u8'), 'utf8').catch(() => '');
        if (playlist.split('#EXTINF').length > 3) return;
        await setTimeout(100);
      }
    },
    async end() {
      recorded?.end();
      encoder?.kill('SIGINT');
      await left;
    },
    stream,
    answer,
    posted,
    clips,
    mark(op: 'open' | 'close' | 'edit' | 'delete', marker: FixtureMarker) {
      if (op === 'delete') markers.delete(String(marker.id));
      else markers.set(String(marker.id), marker);
      told.push('');
      const change = event('markers', { changes: [{ op, marker }] });
      told[told.length - 1] = change;
      for (const response of listeners) response.write(change);
    },
    marker: (id: string) => markers.get(id),
    announce() {
      for (const response of listeners) response.write(event('stream', stream));
    },
    async close() {
      await closeServer();
      encoder?.kill('SIGKILL');
      await left;
      await rm(folder, { recursive: true, force: true });
    },
  });
}

function encoderArguments(folder: string, window: number): string[] {
  const input = ['-re', '-f', 'lavfi', '-i', 'testsrc=size=640x360:rate=30'];
  const codec = '-c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p -g 30'.split(' ');
  const hls = [
    ...`-f hls -hls_time 1 -hls_list_size ${window} -hls_segment_type fmp4`.split(' '),
    ...'-hls_flags program_date_time+delete_segments+independent_segments'.split(' '),
    ...['-hls_fmp4_init_filename', 'init.mp4', '-hls_segment_filename', join(folder, 'seg%d.m4s')],
  ];
  return ['-loglevel', 'error', ...input, ...codec, ...hls, join(folder, 'live.m3u8')];
}
