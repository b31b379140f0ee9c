import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { listen } from '../../src/api/server/connections.ts';
import { fixture, until } from './fixture.ts';

test('a port that is taken is named, with what to do', async (t) => {
  const { port } = await fixture(t);
  await assert.rejects(listen(createServer(), '127.0.0.1', port), (error: Error & { code: string }) => {
    assert.equal(error.code, 'PORT_IN_USE');
    assert.match(error.message, new RegExp(`${port}.*--port`));
    return true;
  });
});

test('an address that is not this machine’s is named, with what to do', async () => {
  await assert.rejects(listen(createServer(), '192.0.2.1', 0), {
    code: 'ADDRESS_UNAVAILABLE',
    message: /--host/,
  });
});

test('a server that stops is gone within 3 s, idle and stuck connections with it', async (t) => {
  const { api, port, storage } = await fixture(t, { segments: 1 });
  await storage.write('cam/e1/main/init-big.mp4', [Buffer.alloc(16 * 1024 * 1024)]);
  const idle = connect(port, '127.0.0.1');
  const stuck = connect(port, '127.0.0.1');
  let ended = 0;
  for (const socket of [idle, stuck]) {
    socket.on('error', () => {});
    socket.on('close', () => {
      ended += 1;
    });
  }
  idle.resume();
  // Reads the head and then no more.
  stuck.write('GET /video/cam/e1/main/init-big.mp4 HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await new Promise<void>((resolve) => {
    stuck.once('data', () => {
      stuck.pause();
      resolve();
    });
  });
  const begun = Date.now();
  await api.close();
  assert.ok(Date.now() - begun < 3000);
  stuck.resume();
  await until(() => ended === 2);
});
