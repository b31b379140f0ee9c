import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fromEnvironment, parseConfig, toEnvironment } from '../../src/config/config.ts';
import { inputArguments, inputOptionArguments } from '../../src/source/input-kind.ts';
import { openSource } from '../../src/source/open.ts';
import { take } from './source-contract.ts';

const source = 'rtsp://camera/1';
const parse = (...inputOption: string[]) => parseConfig({ source, inputOption }).inputOption;

describe('--input-option', () => {
  test('what tunes the reading of a source becomes arguments of ffmpeg, and wins over ours', () => {
    const given = parse('rtsp_transport=udp', '-video_size=1280x720', 'fflags=nobuffer+discardcorrupt');
    assert.deepEqual(inputOptionArguments(given), [
      ...['-rtsp_transport', 'udp', '-video_size', '1280x720', '-fflags', 'nobuffer+discardcorrupt'],
    ]);
    const all = inputArguments('rtsp://camera/1', ['-rtsp_transport', 'udp']);
    assert.ok(all.lastIndexOf('-rtsp_transport') > all.indexOf('-rtsp_transport'));
    assert.equal(all[all.lastIndexOf('-rtsp_transport') + 1], 'udp');
    assert.deepEqual(all.slice(-2), ['-i', 'rtsp://camera/1']);
  });

  test('headers given one by one are all sent', () => {
    const given = parse('headers=X-Camera: yard', 'headers=Accept: image/jpeg, */*\r\n');
    assert.deepEqual(inputOptionArguments(given), [
      '-headers',
      'X-Camera: yard\r\nAccept: image/jpeg, */*\r\n',
    ]);
  });

  test('nothing that reaches files, runs programs, opens ports or smuggles arguments is taken', () => {
    const refused = [
      ...['protocol_whitelist=file,http', 'safe=0', 'f=lavfi', 'f=concat', 'f=tty', 'enable_drefs=1'],
      ...[
        'cert_file=/etc/passwd',
        'key_file=/x',
        'ca_file=/x',
        'allowed_extensions=ALL',
        'filter_complex=movie=x',
      ],
      ...[
        'vf=movie=/etc/passwd',
        'i=/etc/passwd',
        'dump_attachment=x',
        'attach=x',
        'report=1',
        'y=1',
        'map=1',
      ],
      ...[
        'rtsp_flags=listen',
        'mode=listener',
        'listen=1',
        'sdp_flags=x',
        '/headers=/etc/passwd',
        'metadata=x',
      ],
      ...[
        'video_size=1280x720 -i /etc/passwd',
        'user_agent=a\nb',
        'rtsp_transport',
        '=udp',
        'rtsp_transport=',
      ],
    ];
    for (const option of refused) {
      assert.throws(() => parse(option), { code: 'USAGE', message: /^--input-option: / }, option);
    }
    assert.throws(() => parse('rtsp_transport=pigeon'), { message: /rtsp_transport.*udp, tcp/ });
    assert.throws(() => parse('safe=0'), { message: /names safe, .*video_size/ });
  });

  test('a value that is refused is not shown: it may be a password', () => {
    assert.throws(
      () => parse('passphrase=open\nsesame'),
      (error: Error) => !/sesame/.test(error.message),
    );
  });

  test('options survive the way to a child, commas and line breaks included', () => {
    const config = parseConfig({
      source,
      inputOption: ['headers=Accept: a, b\r\nX: "y"', 'rtsp_transport=udp'],
    });
    assert.deepEqual(parseConfig(fromEnvironment(toEnvironment(config))), config);
    assert.deepEqual(
      parseConfig(
        fromEnvironment({
          HLSSTREAM_SOURCE: source,
          HLSSTREAM_INPUT_OPTION: 'rtsp_transport=udp,framerate=5',
        }),
      ).inputOption,
      ['rtsp_transport=udp', 'framerate=5'],
    );
  });

  test('they reach ffmpeg: a camera that wants a header gets it, and raw pictures are read by their size', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hlsstream-options-'));
    const { signal } = new AbortController();
    const clip = join(folder, 'clip.ts');
    const raw = join(folder, 'clip.yuv');
    const draw = ['-loglevel', 'error', '-f', 'lavfi', '-i', 'testsrc=s=64x48:r=10:d=0.5'];
    execFileSync('ffmpeg', [...draw, '-c:v', 'libx264', '-preset', 'ultrafast', '-f', 'mpegts', clip]);
    execFileSync('ffmpeg', [...draw, '-pix_fmt', 'yuv420p', '-f', 'rawvideo', raw]);
    const seen: (string | undefined)[] = [];
    const server = createServer(async ({ headers }, response) => {
      seen.push(headers['x-camera'] as string | undefined, headers.authorization);
      response.writeHead(headers['x-camera'] === 'yard' ? 200 : 403).end(await readFile(clip));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/clip.ts`;
      const inputOption = ['headers=X-Camera: yard', 'headers=Authorization: Bearer sesame'];
      const camera = await openSource(parseConfig({ source: url, inputOption }), { signal, paced: false });
      assert.equal((await take(camera, 3)).length, 3);
      assert.deepEqual(seen.slice(0, 2), ['yard', 'Bearer sesame']);
      const options = ['f=rawvideo', 'pixel_format=yuv420p', 'video_size=64x48', 'framerate=5'];
      const pictures = await openSource(parseConfig({ source: raw, inputOption: options }), {
        signal,
        paced: false,
      });
      const frames = await take(pictures, 9);
      assert.deepEqual([pictures.width, pictures.height, frames.length], [64, 48, 5]);
      assert.equal((frames[1]?.pts ?? 0) - (frames[0]?.pts ?? 0), 200_000);
    } finally {
      server.close();
      server.closeAllConnections();
      await rm(folder, { recursive: true });
    }
  });
});
