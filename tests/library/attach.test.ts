import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { attach, HlsStreamError, type Live } from 'hlsstream';
import Koa from 'koa';

const PREFIX = '/cams/yard';

/** A server of somebody else's, with routes of its own. */
interface Host {
  readonly live: Live;
  readonly server: Server;
  readonly base: string;
}

type Handler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/** Middlewares one after the other, as Connect and Express have them: with `originalUrl`, and a parser before all. */
function connectApp(): RequestListener & { use(handler: Handler): void } {
  const handlers: Handler[] = [];
  const app = (request: IncomingMessage, response: ServerResponse) => {
    const run = (index: number) => handlers[index]?.(request, response, () => run(index + 1));
    Object.assign(request, { originalUrl: request.url });
    run(0);
  };
  return Object.assign(app, { use: (handler: Handler) => void handlers.push(handler) });
}

const parser: Handler = (request, _response, next) => {
  if (request.method !== 'POST') return next();
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    Object.assign(request, { body: JSON.parse(Buffer.concat(chunks).toString()) as unknown });
    next();
  });
};

const own: RequestListener = (request, response) => {
  response.end(`own ${request.url}`);
};

/** Hooks before routes, as Fastify has them. */
function hookedApp() {
  const hooks: ((request: object, reply: object, done: () => void) => void)[] = [];
  const server = createServer((request, response) => {
    let hijacked = false;
    const reply = { raw: response, hijack: () => (hijacked = true) };
    for (const hook of hooks) hook({ raw: request }, reply, () => own(request, response));
    if (!hijacked && hooks.length === 0) own(request, response);
  });
  return {
    server,
    addHook(name: 'onRequest', hook: (request: object, reply: object, done: () => void) => void) {
      assert.equal(name, 'onRequest');
      hooks.push(hook);
    },
  };
}

const options = {
  prefix: PREFIX,
  width: 64,
  height: 64,
  fps: 30,
  segment: 1,
  name: 'yard',
  format: 'gray',
} as const;

async function listening(server: Server): Promise<{ server: Server; base: string }> {
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening');
  return { server, base: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const kinds: Readonly<Record<string, () => Promise<Host>>> = {
  'an http.Server': async () => {
    const server = createServer();
    const live = await attach(server, options);
    // Whoever comes later stands behind it, too.
    server.on('request', own);
    return { live, ...(await listening(server)) };
  },
  'Koa behind a middleware': async () => {
    const app = new Koa();
    app.use(async (ctx, next) => {
      ctx.set('X-Before', '1');
      await next();
    });
    const live = await attach(app, options);
    app.use((ctx) => {
      ctx.body = `own ${ctx.url}`;
    });
    return { live, ...(await listening(createServer(app.callback()))) };
  },
  'an app of Express kind behind a parser of bodies': async () => {
    const app = connectApp();
    app.use(parser);
    const live = await attach(app, { ...options, prefix: `${PREFIX}/` });
    app.use(own);
    return { live, ...(await listening(createServer(app))) };
  },
  'an app of Fastify kind': async () => {
    const app = hookedApp();
    const live = await attach(app, options);
    return { live, ...(await listening(app.server)) };
  },
};

for (const [kind, open] of Object.entries(kinds)) {
  describe(`attached to ${kind}`, () => {
    let host: Host;
    before(async () => {
      host = await open();
      for (let n = 0; n < 45; n += 1)
        await host.live.write({ data: new Uint8Array(4096).fill(n), pts: n / 30 });
      while (!(await get('/streams')).includes('"live"')) await new Promise(setImmediate);
    });
    after(async () => {
      host.server.close();
      host.server.closeAllConnections();
    });
    const ask = (path: string, more?: RequestInit) =>
      fetch(host.base + path, { redirect: 'manual', ...more });
    const get = async (path: string) => (await ask(PREFIX + path)).text();

    test('other paths are answered as they were', async () => {
      for (const path of ['/', '/other?x=1', `${PREFIX}X/streams`, '/cams', '/video/yard.m3u8', '/markers'])
        assert.equal(await (await ask(path)).text(), `own ${path}`);
    });

    test('the page, its files, playlists, media and events lie below the prefix', async () => {
      const page = await ask(PREFIX);
      assert.deepEqual([page.status, page.headers.get('location')], [308, `${PREFIX}/`]);
      const html = await get('/');
      for (const [, file = ''] of html.matchAll(/(?:src|href)="([\w./-]+\.(?:js|css|svg))"/g)) {
        const url = new URL(file, `${host.base}${PREFIX}/`);
        assert.ok(url.pathname.startsWith(`${PREFIX}/`), file);
        assert.equal((await ask(url.pathname)).status, 200, file);
      }
      const { streams } = JSON.parse(await get('/streams')) as { streams: { playlist: string }[] };
      assert.equal(streams[0]?.playlist, `${PREFIX}/video/yard.m3u8`);
      const uris = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
      const main = new URL(streams[0]?.playlist ?? '', host.base);
      const [media = ''] = uris(await (await fetch(main)).text());
      const list = await (await fetch(new URL(media, main))).text();
      const [segment = ''] = uris(list);
      const file = await fetch(new URL(segment, new URL(media, main)));
      assert.deepEqual([file.status, (await file.arrayBuffer()).byteLength > 0], [200, true]);
      const events = await ask(`${PREFIX}/markers/events`);
      assert.equal(events.headers.get('content-type'), 'text/event-stream');
      const reader = events.body?.getReader();
      assert.match(new TextDecoder().decode((await reader?.read())?.value), /retry: 1000/);
      await reader?.cancel();
    });

    test('markers can be posted, and what is not there is answered by the stream', async () => {
      const posted = await ask(`${PREFIX}/markers`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ text: 'posted' }),
      });
      assert.equal(posted.status, 201, await posted.text());
      assert.match(posted.headers.get('location') ?? '', /^\/cams\/yard\/markers\//);
      assert.equal((JSON.parse(await get('/markers')) as { markers: unknown[] }).markers.length, 1);
      const missing = await ask(`${PREFIX}/nothing`);
      assert.equal(missing.status, 404);
      assert.match(await missing.text(), /"NOT_FOUND"/);
    });

    test('after close the paths are the others’ again, and the server goes on', async () => {
      const waiting = ask(`${PREFIX}/markers/events`);
      await waiting;
      await host.live.close();
      assert.equal(await get('/streams'), `own ${PREFIX}/streams`);
      assert.equal(await (await ask('/other')).text(), 'own /other');
    });
  });
}

describe('attach', () => {
  test('refuses a prefix that is no path of its own, and what is no server', async () => {
    const server = createServer();
    for (const prefix of ['', '/', 'live', '/a b', '//evil.example', '/../x', '/live?x', undefined])
      await assert.rejects(
        attach(server, { ...options, prefix: prefix as string }),
        (error) => error instanceof HlsStreamError && error.code === 'USAGE',
        String(prefix),
      );
    for (const target of [new EventEmitter(), {}, null, 'http://127.0.0.1'])
      await assert.rejects(
        attach(target as unknown as Server, options),
        (error) => error instanceof HlsStreamError && error.code === 'USAGE',
        String(target),
      );
    assert.equal(Object.hasOwn(server, 'emit'), false);
  });

  test('answers 503 while it starts; one that fails leaves the server as it was', async () => {
    const { server, base } = await listening(createServer(own));
    const folder = await mkdtemp(join(tmpdir(), 'hlsstream-library-'));
    const [ffmpeg, go] = [join(folder, 'ffmpeg'), join(folder, 'go')];
    await writeFile(ffmpeg, `#!/bin/sh\nwhile [ ! -e ${go} ]; do sleep 0.02; done\nexit 1\n`, {
      mode: 0o755,
    });
    const failed = assert.rejects(attach(server, { ...options, settings: { ffmpeg } }), {
      code: 'FFMPEG_NOT_FOUND',
    });
    const meanwhile = await fetch(`${base}${PREFIX}/`);
    assert.deepEqual([meanwhile.status, meanwhile.headers.get('retry-after')], [503, '1']);
    await writeFile(go, '');
    await failed;
    await rm(folder, { recursive: true });
    assert.equal(await (await fetch(`${base}${PREFIX}/`)).text(), `own ${PREFIX}/`);
    assert.equal(Object.hasOwn(server, 'emit'), false);
    server.close();
    server.closeAllConnections();
  });

  test('several streams share a server, each below its own path', async () => {
    const { server, base } = await listening(createServer(own));
    const [a, b] = await Promise.all(
      ['/a', '/a/b'].map((prefix, index) => attach(server, { ...options, prefix, name: `s${index}` })),
    );
    const names = async (path: string) =>
      ((await (await fetch(`${base}${path}/streams`)).json()) as { streams: { name: string }[] }).streams.map(
        ({ name }) => name,
      );
    assert.deepEqual([await names('/a'), await names('/a/b')], [['s0'], ['s1']]);
    assert.equal(a?.url, `http://localhost:${(server.address() as AddressInfo).port}/a/`);
    await a?.close();
    assert.equal(await (await fetch(`${base}/a/streams`)).text(), 'own /a/streams');
    assert.deepEqual(await names('/a/b'), ['s1']);
    await b?.close();
    server.close();
    server.closeAllConnections();
  });
});
