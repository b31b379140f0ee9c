import { execFile } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { blockingReload, parseDirectives } from '../../src/hls/blocking-reload.ts';
import { renderMediaPlaylist } from '../../src/hls/media-playlist.ts';
import { SimulatedStream } from '../hls/simulated-stream.ts';

/** Media that ffmpeg made: an init segment and one fragment per frame, ten a second, a key frame each second. */
export interface RealMedia {
  readonly init: Buffer;
  readonly fragments: readonly Buffer[];
}

/** Encodes so many seconds of a small test picture. */
export async function encodeMedia(seconds: number): Promise<RealMedia> {
  const { stdout } = await promisify(execFile)(
    'ffmpeg',
    [
      ...['-v', 'error', '-f', 'lavfi', '-i', `testsrc=size=64x64:rate=10:duration=${seconds}`],
      ...[
        '-c:v',
        'libx264',
        '-preset',
        'ultrafast',
        '-tune',
        'zerolatency',
        '-g',
        '10',
        '-pix_fmt',
        'yuv420p',
      ],
      ...['-f', 'mp4', '-movflags', '+empty_moov+default_base_moof+frag_every_frame', 'pipe:1'],
    ],
    { encoding: 'buffer', maxBuffer: 2 ** 26 },
  );
  const fragments: Buffer[] = [];
  let init = Buffer.alloc(0);
  for (let at = 0; at < stdout.length; ) {
    const end = at + stdout.readUInt32BE(at);
    const type = stdout.toString('latin1', at + 4, at + 8);
    const box = stdout.subarray(at, end);
    if (type === 'ftyp' || type === 'moov') init = Buffer.concat([init, box]);
    else if (type === 'moof') fragments.push(box);
    else if (type === 'mdat') fragments.push(Buffer.concat([fragments.pop() ?? Buffer.alloc(0), box]));
    at = end;
  }
  return { init, fragments };
}

/** A playlist without all that low latency adds. */
function closedSegments(text: string): string {
  const listed = text.slice(0, text.lastIndexOf('.m4s\n') + '.m4s\n'.length);
  return listed.replace(/^#EXT-X-(?:SERVER-CONTROL|PART-INF|PART|PRELOAD-HINT):.*\n/gm, '');
}

/** A server of one stream that the test moves on by hand: segments of a second, parts of half a second. */
export class ServedStream {
  readonly played = new SimulatedStream({
    targetDuration: 1_000_000,
    partTarget: 510_000,
    partHoldBack: 1_530_000,
    holdBack: 3_000_000,
    window: 6_000_000,
  });
  readonly files = new Map<string, Buffer>();
  /** Whether it serves its closed segments alone, as servers without low latency do. */
  plain = false;
  /** Requests seen, path and query. */
  readonly requests: string[] = [];
  readonly #fragments: readonly Buffer[];
  readonly #server = createServer((request, response) => {
    this.requests.push(request.url ?? '');
    this.#answer(new URL(request.url ?? '/', 'http://stream'), response);
  });
  readonly #asked = new EventEmitter();
  #waiting = new Set<() => void>();
  #next = 0;

  constructor({ init, fragments }: RealMedia) {
    this.#fragments = fragments;
    this.files.set('/init-r1.mp4', init);
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/media.m3u8`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** The next part of half a second; false when there is no more media. */
  advance(): boolean {
    const chunk = this.#fragments.slice(this.#next, this.#next + 5);
    if (chunk.length < 5) return false;
    this.#next += 5;
    const msn = this.played.state.nextMsn;
    const last = this.#next % 10 === 0;
    this.files.set(`/${msn}.${last ? 1 : 0}.m4s`, Buffer.concat(chunk));
    if (last)
      this.files.set(`/${msn}.m4s`, Buffer.concat(this.#fragments.slice(this.#next - 10, this.#next)));
    this.played.part(500_000, last);
    this.#wake();
    return true;
  }

  /** Resolves as soon as a blocking request waits. */
  async asked(): Promise<void> {
    while (this.#waiting.size === 0) await once(this.#asked, 'asked');
  }

  end(): void {
    this.played.end();
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const again of waiting) again();
  }

  #answer(url: URL, response: ServerResponse): void {
    if (url.pathname !== '/media.m3u8') {
      const bytes = this.files.get(url.pathname);
      response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
      return;
    }
    const directives = parseDirectives(url.searchParams);
    const verdict = blockingReload(this.played.state, directives);
    if (verdict === 'wait') {
      this.#waiting.add(() => this.#answer(url, response));
      this.#asked.emit('asked');
    } else if (verdict === 'ready') {
      const options = { dateRanges: [], deltaUpdates: true, skip: directives.skip };
      const text = renderMediaPlaylist(this.played.state, options);
      response.end(this.plain ? closedSegments(text) : text);
    } else {
      response.writeHead(400).end(verdict.reject.message);
    }
  }
}
