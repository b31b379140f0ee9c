import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { test } from 'node:test';
import type { SentEvent } from '../../src/hooks/event.ts';
import { signatures } from '../../src/hooks/signature.ts';
import { listenTo, startBroker } from '../hooks/mosquitto.ts';
import { word } from '../hooks/telling.ts';
import { startSystem } from './system.ts';

const SECRET = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
const MARKERS = 12;

test('hooks: webhook and broker are told of every marker in its order, over a kill -9 of the child that tells them', async () => {
  const told: SentEvent[] = [];
  let requests = 0;
  const receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (data) => {
      body += data;
    });
    request.on('end', () => {
      requests += 1;
      if (requests % 7 === 2) return void response.writeHead(500).end();
      const { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signature } = request.headers;
      assert.equal(signature, signatures([SECRET], String(id), Number(time), body));
      told.push(JSON.parse(body) as SentEvent);
      setTimeout(() => response.writeHead(204).end(), 30);
    });
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const broker = await startBroker();
  const listener = await listenTo(`mqtt://127.0.0.1:${broker.port}`);
  const heard = () =>
    listener.heard
      .filter((line) => line.startsWith('cams/yard/events '))
      .map((line) => JSON.parse(line.slice('cams/yard/events '.length)) as SentEvent);
  process.env.HLSSTREAM_WEBHOOK_SECRET = SECRET;
  const system = await startSystem([
    ...['--name', 'yard', '--size', '320x180', '--fps', '10', '--segment', '1', '--detector', 'none'],
    ...['--webhook', `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/T0/hidden-path`],
    ...['--mqtt', `mqtt://127.0.0.1:${broker.port}/cams`, '--hook-classes', 'person'],
    ...['--thumbnail-interval', '0.5'],
  ]);
  try {
    const send = async (method: string, path: string, body: unknown) => {
      const headers = { 'Content-Type': 'application/json' };
      const response = await fetch(`${system.url}${path}`, { method, headers, body: JSON.stringify(body) });
      assert.ok(response.ok, await response.text());
    };
    await system.until('the stream is up', 30, () => listener.newest.get('cams/yard/state') === 'up');
    const ids = Array.from({ length: MARKERS }, (_, n) => `m${n}`);
    for (const [n, id] of ids.entries()) {
      await send('POST', '/markers', {
        id,
        text: 'Somebody',
        class: n === 0 ? 'cat' : 'person',
        duration: null,
      });
      // In the middle of it.
      if (n === MARKERS / 2) for (const pid of await system.pids('hooks')) process.kill(pid, 'SIGKILL');
      if (n > 1) await send('PATCH', `/markers/${ids[n - 1]}`, { duration: 1 });
    }
    await send('PATCH', `/markers/${ids.at(-1)}`, { duration: 1 });
    const expected = ids.slice(1).flatMap((id) => [`begun ${id}`, `ended ${id}`]);
    for (const events of [() => told, heard]) {
      const words = () => events().map(word);
      await system.until('all is told', 40, () => expected.every((each) => words().includes(each)));
      for (const id of ids) assert.ok(words().indexOf(`begun ${id}`) <= words().indexOf(`ended ${id}`), id);
      assert.equal(words().filter((each) => each.endsWith(' m0')).length, 0);
    }
    // Both are told the same, by the same id.
    const idsOf = (events: readonly SentEvent[]) =>
      new Set(events.filter((each) => each.marker).map(({ id }) => id));
    assert.deepEqual([...idsOf(told)].sort(), [...idsOf(heard())].sort());
    const status = listener.heard.filter((line) => line.startsWith('cams/status '));
    assert.deepEqual(status, ['cams/status online', 'cams/status offline', 'cams/status online']);
    await system.until('none goes on', 10, () => listener.newest.get('cams/yard/classes/person') === 'OFF');
    assert.equal(listener.newest.has('cams/yard/classes/cat'), false);

    const { link, picture, marker } = told.find((each) => word(each) === 'begun m1') as SentEvent;
    assert.equal(new URL(link).origin, system.url);
    assert.equal(new URL(link).searchParams.get('t'), marker?.date);
    const image = await fetch(picture);
    assert.equal(image.headers.get('content-type'), 'image/jpeg');
    assert.deepEqual([...new Uint8Array(await image.arrayBuffer()).slice(0, 2)], [0xff, 0xd8]);
    await system.until('it is counted', 20, async () => {
      const metrics = await (await fetch(`${system.url}/metrics`)).text();
      const [, sent = 0] =
        /hlsstream_process_hooks_sent_total\{process="hooks".*?\} (\d+)/.exec(metrics) ?? [];
      return Number(sent) > 0 && /hlsstream_process_hooks_failed_total/.test(metrics);
    });

    const shown = [...system.said];
    for (const pid of [system.launcher.pid ?? 0, ...(await system.pids('all'))])
      shown.push(await readFile(`/proc/${pid}/cmdline`, 'utf8'));
    const hidden = [SECRET, 'hidden-path'];
    assert.deepEqual(
      shown.filter((text) => hidden.some((secret) => text.includes(secret))),
      [],
    );
  } finally {
    delete process.env.HLSSTREAM_WEBHOOK_SECRET;
    await system.stop();
    await listener.close();
    await broker.stop();
    receiver.close();
    receiver.closeAllConnections();
  }
});

test('hooks: one that does not get through is named by /readyz until it does; that it is unsigned is said once', async () => {
  let status = 500;
  const told: SentEvent[] = [];
  const receiver = createServer((request, response) => {
    void json(request).then((event) => {
      if (status === 204) told.push(event as SentEvent);
      response.writeHead(status).end();
    });
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const { port } = receiver.address() as AddressInfo;
  const system = await startSystem([
    ...['--name', 'yard', '--size', '320x180', '--fps', '10', '--segment', '1', '--detector', 'none'],
    ...['--webhook', `http://127.0.0.1:${port}/T0/hidden-path`],
  ]);
  try {
    const reasons = async () => {
      const answer = await fetch(`${system.url}/readyz`);
      const { status: word, reasons: all = [] } = (await answer.json()) as {
        status: string;
        reasons?: string[];
      };
      // What is watched is there: a receiver that is away takes nothing from viewers.
      return answer.status === 200 && word === 'ok' ? all : undefined;
    };
    const failing = `yard, webhook 1: webhook http://127.0.0.1:${port} answered 500; trying again`;
    await system.until('the reason', 60, async () => (await reasons())?.join() === failing);
    const { streams } = await system.json<{ streams: { problems?: { process: string; code: string }[] }[] }>(
      '/streams',
    );
    assert.deepEqual(
      streams[0]?.problems?.map(({ process, code }) => [process, code]),
      [['webhook 1', 'HOOK_FAILED']],
    );
    const [first] = await system.pids('hooks');
    process.kill(first ?? 0, 'SIGKILL');
    await system.until('the next child', 30, async () => {
      const [next = first] = await system.pids('hooks');
      return next !== first;
    });
    await system.until('the reason again', 60, async () => (await reasons())?.includes(failing) === true);
    status = 204;
    await system.until('all is well', 60, async () => (await reasons())?.length === 0);
    assert.deepEqual(told.map(word), ['up']);
    const unsigned = system.log.filter(({ msg }) => /webhooks are sent unsigned/.test(String(msg)));
    assert.equal(unsigned.length, 1);
    assert.match(String(unsigned[0]?.msg), /HLSSTREAM_WEBHOOK_SECRET/);
    assert.deepEqual(
      system.said.filter((text) => text.includes('hidden-path')),
      [],
    );
  } finally {
    await system.stop();
    receiver.close();
    receiver.closeAllConnections();
  }
});
