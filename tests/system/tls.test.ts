import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { h2Client } from '../api/h2-client.ts';
import { send } from '../api/http.ts';
import { certificateMaker } from '../api/self-signed.ts';
import { freePort } from './free-port.ts';
import { PROGRAM, startSystem } from './system.ts';

const FLAGS = ['--size', '320x180', '--detector', 'none', '--log-level', 'info'];

/** The subject of the certificate a new connection is shown. */
async function subject(port: number): Promise<string> {
  const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols: ['h2'] });
  await once(socket, 'secureConnect');
  const name = socket.getPeerCertificate().subject.CN;
  socket.destroy();
  return String(name);
}

describe('a system with a certificate', () => {
  test('serves HTTPS by every worker, and new connections get the certificate as it is after SIGHUP', async () => {
    const maker = await certificateMaker();
    const [first, second] = [await maker.make('first'), await maker.make('second')];
    const [tlsCert, tlsKey] = [join(maker.folder, 'served.crt'), join(maker.folder, 'served.key')];
    const put = async (files: { tlsCert: string; tlsKey: string }) => {
      await copyFile(files.tlsCert, tlsCert);
      await copyFile(files.tlsKey, tlsKey);
    };
    await put(first);
    const plain = await freePort();
    const tls = ['--tls-cert', tlsCert, '--tls-key', tlsKey, '--http-redirect', String(plain)];
    const system = await startSystem([...FLAGS, ...tls, '--api-workers', '2']);
    try {
      assert.match(system.url, /^https:\/\/127\.0\.0\.1:\d+$/);
      const port = Number(new URL(system.url).port);
      const client = h2Client(port);
      const multivariant = await client.get('/video/chessboard.m3u8');
      assert.equal(multivariant.status, 200);
      const playlist = `/video/${multivariant.text.split('\n').find((line) => line.endsWith('media.m3u8'))}`;
      const now = /PRELOAD-HINT:TYPE=PART,URI="(\d+)\.(\d+)\.m4s"/.exec((await client.get(playlist)).text);
      const blocked = await client.get(`${playlist}?_HLS_msn=${Number(now?.[1]) + 1}&_HLS_part=0`);
      assert.ok(blocked.text.includes(`${Number(now?.[1]) + 1}.0.m4s`));

      const redirected = await send(plain, '/video/chessboard.m3u8').answer;
      assert.equal(redirected.status, 308);
      assert.equal(redirected.headers.location, `${system.url}/video/chessboard.m3u8`);

      assert.equal(await subject(port), 'first');
      await put(second);
      system.launcher.kill('SIGHUP');
      const readAgain = () => system.log.filter(({ msg }) => String(msg).includes('read again')).length;
      await system.until('both workers have read it', 5, () => readAgain() === 2);
      for (let time = 0; time < 5; time += 1) assert.equal(await subject(port), 'second');
      // Who is connected stays so.
      assert.equal((await client.get(playlist)).status, 200);
      client.close();

      // One that has only just been started is asked as well, whatever it has read by then.
      await put(first);
      const [replaced, stays] = await system.pids('api');
      process.kill(Number(replaced), 'SIGKILL');
      await system.until('another is started', 5, async () =>
        (await system.pids('api')).some((pid) => pid !== replaced && pid !== stays),
      );
      system.launcher.kill('SIGHUP');
      await system.until('both have read it again', 5, () => readAgain() === 4);
      for (let time = 0; time < 5; time += 1) assert.equal(await subject(port), 'first');

      await writeFile(tlsKey, 'broken\n');
      system.launcher.kill('SIGHUP');
      await system.until('it is refused', 5, () => system.log.some(({ code }) => code === 'TLS_INVALID'));
      assert.equal(await subject(port), 'first');
    } finally {
      assert.equal(await system.stop(), 0);
      await maker.remove();
    }
  });

  test('does not start with one that does not fit its key: one line, and nothing is left', async () => {
    const maker = await certificateMaker();
    try {
      const [own, other] = [await maker.make('own'), await maker.make('other')];
      for (const [flags, code, says] of [
        [['--tls-cert', own.tlsCert, '--tls-key', other.tlsKey], 1, /is not the key of.*\[TLS_INVALID\]/],
        [
          ['--tls-cert', join(maker.folder, 'none'), '--tls-key', own.tlsKey],
          1,
          /cannot be read.*\[TLS_INVALID\]/,
        ],
        [['--tls-cert', own.tlsCert], 2, /--tls-key too \[USAGE\]/],
        [['--http-redirect', '8080'], 2, /--tls-cert and --tls-key too \[USAGE\]/],
      ] as const) {
        const child = spawn(process.execPath, [
          PROGRAM,
          'start',
          '--port',
          '0',
          '--data-dir',
          maker.folder,
          ...flags,
        ]);
        let err = '';
        child.stderr.on('data', (text) => {
          err += text;
        });
        assert.deepEqual(await once(child, 'close'), [code, null], err);
        assert.match(err, says);
        assert.equal(err.trim().split('\n').length, 1, err);
      }
    } finally {
      await maker.remove();
    }
  });
});
