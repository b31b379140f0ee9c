import { execFileSync } from 'node:child_process';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** One picture as H.264: its NAL units. */
export type CodedPicture = readonly Buffer[];

/** What one connection of an {@link rtspCamera} is like. */
export interface RtspBehaviour {
  /** What is sent in real time, once; then it says nothing more unless it `closes`. */
  readonly pictures: readonly CodedPicture[];
  /** Pictures a second. */
  readonly rate: number;
  /** RTP timestamp of a picture, in ticks of 90 kHz. @default even */
  readonly timestamp?: (index: number) => number;
  /** Closes the connection in good order behind its last picture. @default false */
  readonly closes?: boolean;
  /** Every DESCRIBE without this `user:password` is refused. */
  readonly login?: string;
  /** Has sound and no picture. @default false */
  readonly soundOnly?: boolean;
}

/** A camera on loopback that speaks RTSP (RFC 2326), media interleaved in its one connection (§10.12). */
export interface RtspCamera {
  readonly url: string;
  /** Connections that came to PLAY. */
  readonly plays: number;
  close(): Promise<void>;
}

/** Pictures whose grey rises by four from one to the next, from 16 on, a key frame every ten. */
export function greyPictures(count: number): CodedPicture[] {
  const grey = `color=c=black:s=160x96:r=25,geq=lum='16+N*4':cb=128:cr=128`;
  const bytes = execFileSync('ffmpeg', [
    ...['-v', 'error', '-f', 'lavfi', '-i', grey, '-frames:v', String(count), '-c:v', 'libx264', '-g', '10'],
    ...['-preset', 'ultrafast', '-tune', 'zerolatency', '-x264-params', 'aud=1:slices=1:sliced-threads=0'],
    ...['-qp', '1', '-pix_fmt', 'yuv420p', '-color_range', 'tv', '-f', 'h264', '-'],
  ]);
  const pictures: Buffer[][] = [];
  for (const unit of nalUnits(bytes)) {
    // 9: access unit delimiter (ITU-T H.264 §7.4.1).
    if (((unit[0] ?? 0) & 31) === 9) pictures.push([]);
    else pictures.at(-1)?.push(unit);
  }
  return pictures;
}

/** NAL units of a byte stream (ITU-T H.264 Annex B), start codes and padding left out. */
function nalUnits(bytes: Buffer): Buffer[] {
  const starts: number[] = [];
  for (let at = bytes.indexOf('000001', 0, 'hex'); at !== -1; at = bytes.indexOf('000001', at + 3, 'hex'))
    starts.push(at + 3);
  return starts.map((start, index) => {
    let end = index + 1 < starts.length ? (starts[index + 1] as number) - 3 : bytes.length;
    while (bytes[end - 1] === 0) end -= 1;
    return bytes.subarray(start, end);
  });
}

/** Starts a camera; `behave` is told the number of the connection that plays, from 1. */
export async function rtspCamera(behave: (play: number) => RtspBehaviour, port = 0): Promise<RtspCamera> {
  const sockets = new Set<Socket>();
  let plays = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end !== -1; end = text.indexOf('\r\n\r\n')) {
        // Receiver reports of the player may come between requests; none of them spells a method.
        const request = /(OPTIONS|DESCRIBE|SETUP|PLAY|TEARDOWN|GET_PARAMETER) [\s\S]*$/.exec(
          text.slice(0, end),
        );
        text = text.slice(end + 4);
        if (request?.[1] === undefined) continue;
        if (request[1] === 'PLAY') plays += 1;
        answer(
          socket,
          request[1],
          request[0],
          behave(Math.max(1, request[1] === 'PLAY' ? plays : plays + 1)),
        );
      }
    });
  });
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
  return {
    url: `rtsp://127.0.0.1:${(server.address() as AddressInfo).port}/yard`,
    get plays() {
      return plays;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}

function answer(socket: Socket, method: string, request: string, behaviour: RtspBehaviour): void {
  const sequence = /^cseq: *(\d+)/im.exec(request)?.[1] ?? '0';
  const say = (status: string, ...lines: string[]) =>
    socket.write([`RTSP/1.0 ${status}`, `CSeq: ${sequence}`, ...lines].join('\r\n'));
  if (method === 'OPTIONS') say('200 OK', 'Public: DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER\r\n\r\n');
  else if (method === 'DESCRIBE') {
    const shown = Buffer.from(/^authorization: basic (\S+)/im.exec(request)?.[1] ?? '', 'base64').toString();
    if (behaviour.login !== undefined && shown !== behaviour.login)
      return void say('401 Unauthorized', 'WWW-Authenticate: Basic realm="yard"\r\n\r\n');
    const body = describe(behaviour);
    say('200 OK', 'Content-Type: application/sdp', `Content-Length: ${body.length}\r\n\r\n${body}`);
  } else if (method === 'SETUP')
    say('200 OK', 'Session: 1;timeout=60', 'Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n');
  else say('200 OK', 'Session: 1\r\n\r\n');
  if (method === 'PLAY') play(socket, behaviour);
}

/** The session description (RFC 4566, RFC 6184 §8.2.1). */
function describe({ pictures, soundOnly }: RtspBehaviour): string {
  const sets = (pictures[0] ?? []).filter((unit) => [7, 8].includes((unit[0] ?? 0) & 31));
  const media = soundOnly
    ? ['m=audio 0 RTP/AVP 0', 'a=rtpmap:0 PCMU/8000']
    : [
        ...['m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000'],
        `a=fmtp:96 packetization-mode=1;sprop-parameter-sets=${sets.map((set) => set.toString('base64')).join(',')}`,
      ];
  const session = ['v=0', 'o=- 0 0 IN IP4 127.0.0.1', 's=yard', 'c=IN IP4 0.0.0.0', 't=0 0', 'a=control:*'];
  return [...session, ...media, 'a=control:track1', ''].join('\r\n');
}

/** Sends RTP (RFC 3550 §5.1), a NAL unit a packet (RFC 6184 §5.6): over TCP none is too large. */
function play(socket: Socket, { pictures, rate, timestamp, closes, soundOnly }: RtspBehaviour): void {
  let [index, sequence] = [0, 0];
  const packet = (payload: Buffer, type: number, last: boolean, ticks: number) => {
    const head = Buffer.alloc(16);
    head.write('$', 0, 'latin1');
    head.writeUInt16BE(payload.length + 12, 2);
    head.writeUInt8(0x80, 4);
    head.writeUInt8((last ? 0x80 : 0) | type, 5);
    head.writeUInt16BE(sequence++ & 0xffff, 6);
    head.writeUInt32BE(ticks >>> 0, 8);
    head.writeUInt32BE(7, 12);
    socket.write(Buffer.concat([head, payload]));
  };
  const timer = setInterval(() => {
    if (soundOnly) packet(Buffer.alloc(8000 / rate, 0xff), 0, false, (index * 8000) / rate);
    const picture = soundOnly ? undefined : pictures[index];
    const ticks = timestamp?.(index) ?? (index * 90_000) / rate;
    for (const [at, unit] of (picture ?? []).entries())
      packet(unit, 96, at === (picture?.length ?? 0) - 1, ticks);
    index += 1;
    if (soundOnly || index < pictures.length) return;
    clearInterval(timer);
    if (closes) socket.end();
  }, 1000 / rate);
  socket.on('close', () => clearInterval(timer));
}
