import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { mjpegCamera, serveInput } from './http-input.ts';
import { clipFolder, ffmpeg, lavfi, play, X264 } from './input-clips.ts';

const { path, remove } = clipFolder();
let mp4: Buffer;
let mpegts: Buffer;
let jpeg: Buffer;
before(() => {
  const clip = [...lavfi('testsrc=s=160x90:r=25:d=4'), ...X264, '-g', '25'];
  ffmpeg(...clip, '-movflags', '+faststart', path('clip.mp4'));
  ffmpeg(...clip, '-bf', '0', '-f', 'mpegts', path('clip.ts'));
  ffmpeg(...lavfi('testsrc=s=160x90'), '-frames:v', '1', path('one.jpg'));
  [mp4, mpegts, jpeg] = ['clip.mp4', 'clip.ts', 'one.jpg'].map((name) => readFileSync(path(name))) as [
    Buffer,
    Buffer,
    Buffer,
  ];
});
after(remove);

/** Serves bytes as a web server does that knows Range; `cut` is where the first answers break off. */
function download(bytes: Buffer, type: string, cut: (count: number) => number) {
  return (request: IncomingMessage, response: ServerResponse, count: number): void => {
    const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const body = bytes.subarray(from);
    response.writeHead(request.headers.range === undefined ? 200 : 206, {
      'content-type': type,
      'content-length': body.length,
      'accept-ranges': 'bytes',
      'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
    });
    const end = Math.floor(bytes.length * cut(count)) - from;
    if (end >= body.length) return void response.end(body);
    response.write(body.subarray(0, Math.max(0, end)), () => response.destroy());
  };
}

describe('the end of an input', () => {
  test('a camera that closes its connection in good order is opened again', async () => {
    const camera = await serveInput(mjpegCamera([jpeg], 50, 10));
    try {
      const played = await play({ input: camera.url }, 25);
      assert.equal(played.frames.length, 25);
      assert.deepEqual(played.breaks, [10, 20]);
      assert.match(played.warnings[0] ?? '', /broke off: .*closed the connection/);
    } finally {
      await camera.close();
    }
  });

  test('a transport stream without a length is a break as well, and --input-end end says otherwise', async () => {
    const live = await serveInput((_, response) => {
      response.writeHead(200, { 'content-type': 'video/mp2t' });
      response.end(mpegts);
    });
    try {
      const played = await play({ input: live.url }, 130);
      assert.deepEqual(played.breaks, [100]);
      const ended = await play({ input: live.url, inputEnd: 'end' });
      assert.equal(ended.frames.length, 100);
    } finally {
      await live.close();
    }
  });

  test('a download that came to its length has ended, and --input-end reconnect says otherwise', async () => {
    for (const [bytes, type] of [
      [mp4, 'video/mp4'],
      [mpegts, 'video/mp2t'],
    ] as const) {
      const server = await serveInput(download(bytes, type, () => 1));
      try {
        const played = await play({ input: server.url });
        assert.equal(played.frames.length, 100);
        assert.deepEqual(played.breaks, []);
        const again = await play({ input: server.url, inputEnd: 'reconnect' }, 120);
        assert.deepEqual(again.breaks, [100]);
      } finally {
        await server.close();
      }
    }
  });

  test('a download of known length without times is an end, too', async () => {
    const clip = Buffer.concat(Array.from({ length: 12 }, () => jpeg));
    const server = await serveInput(download(clip, 'image/jpeg', () => 1));
    try {
      const played = await play({ input: server.url });
      assert.equal(played.frames.length, 12);
      assert.deepEqual(played.warnings, []);
    } finally {
      await server.close();
    }
  });

  test('a download that is cut again and again goes on where it broke: each frame once, in order', async () => {
    // Every connection brings a fifth of the film more.
    const server = await serveInput(download(mp4, 'video/mp4', (count) => 0.3 + count * 0.1));
    try {
      const played = await play({ input: server.url });
      assert.deepEqual(
        played.frames.map(({ pts }) => pts),
        Array.from({ length: 100 }, (_, index) => index * 40_000),
      );
      assert.ok(played.breaks.length >= 1);
    } finally {
      await server.close();
    }
  });

  test('an HLS playlist with EXT-X-ENDLIST is an end', async () => {
    const playlist = (ended: boolean) =>
      `#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:4,\nclip.ts\n${ended ? '#EXT-X-ENDLIST\n' : ''}`;
    let loads = 0;
    const server = await serveInput((request, response) => {
      if (request.url?.endsWith('.ts')) return void response.end(mpegts);
      loads += 1;
      response.writeHead(200, { 'content-type': 'application/vnd.apple.mpegurl' });
      response.end(playlist(loads > 1));
    });
    try {
      const played = await play({ input: server.url.replace('camera', 'live.m3u8') });
      assert.equal(played.frames.length, 100);
      assert.deepEqual(played.breaks, []);
    } finally {
      await server.close();
    }
  });

  test('a camera whose connection stays open while nothing comes is left and opened again', async () => {
    const camera = await serveInput(mjpegCamera([jpeg], 50, 5, 'stays silent'));
    try {
      const played = await play({ input: camera.url, silence: 2000 }, 11);
      // By how the bytes come ffmpeg keeps the last picture until it sees the next one; it never comes after the break.
      const [first = 0, second = 0, ...more] = played.breaks;
      for (const pictures of [first, second - first])
        assert.ok(pictures === 4 || pictures === 5, played.breaks.join());
      assert.deepEqual(more, []);
      assert.match(played.warnings[0] ?? '', /no picture for 2 s/);
    } finally {
      await camera.close();
    }
  });

  test('one that accepts connections and never says a word is left as well', async () => {
    const camera = await serveInput((request, response, count) => {
      if (count > 1) mjpegCamera([jpeg], 50)(request, response);
    });
    try {
      const played = await play({ input: camera.url, silence: 300, firstPicture: 700 }, 3);
      assert.equal(played.frames.length, 3);
      assert.match(played.warnings[0] ?? '', /no picture came from .* within 1 s/);
    } finally {
      await camera.close();
    }
  });

  test('text from a web server is refused, not shown as a picture of letters', async () => {
    const server = await serveInput((_, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.end('nothing to see here\n'.repeat(50));
    });
    try {
      await assert.rejects(play({ input: server.url.replace('camera', 'notes.txt') }), {
        code: 'SOURCE_FAILED',
        message: /notes\.txt is text, neither film nor picture/,
      });
    } finally {
      await server.close();
    }
  });
});
