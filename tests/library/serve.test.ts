import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { after, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { HlsStreamError, type Live, serve } from 'hlsstream';
import type { SentEvent } from '../../src/hooks/event.ts';
import { type LeaseRecord, leaseKey } from '../../src/lease/lease-record.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import { hangBound } from '../hang-bound.ts';
import { ROOT } from '../root.ts';
import { download } from '../system/judge.ts';
import { until } from '../until.ts';
import { HEIGHT, picture, shown, WIDTH } from './served.ts';

const FRAMES = 60;
const shape = { width: WIDTH, height: HEIGHT, format: 'gray', port: 0 } as const;

interface Told {
  readonly text: string;
  readonly time: number;
  readonly duration: number | null;
  readonly source: string;
}

async function markers(live: Live): Promise<Told[]> {
  const { markers: all } = (await (await fetch(`${live.url}markers`)).json()) as { markers: Told[] };
  return all;
}

const folders: string[] = [];
async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'hlsstream-library-'));
  folders.push(path);
  return path;
}
after(async () => {
  for (const path of folders) await rm(path, { recursive: true, force: true });
});

describe('serve', () => {
  test('shows detectors of the caller pictures as wide as they want them, and keeps what they see', async () => {
    const widths = new Set<number>();
    const live = await serve({
      ...{ width: 480, height: 270, fps: 15, port: 0 },
      settings: { detectorWidth: 400 },
      detectors: [
        {
          name: 'eye',
          look: ({ width }) => {
            widths.add(width);
            return { objects: [{ label: 'all', box: [0, 0, 1, 1] }] };
          },
        },
      ],
    });
    try {
      const data = new Uint8Array(480 * 270 * 4).fill(128);
      const seen = async () => {
        const { streams } = (await (await fetch(`${live.url}streams`)).json()) as {
          streams: { objects?: true }[];
        };
        return streams[0]?.objects === true;
      };
      const over = new AbortController();
      const writing = (async () => {
        for (let n = 0; !over.signal.aborted; n += 1) await live.write({ data, pts: n / 15 });
      })();
      await until('objects of the stream', 30, seen);
      over.abort();
      await writing;
      assert.deepEqual([...widths], [400]);
    } finally {
      await live.close();
    }
  });

  test('media has exactly the times that were written, each mark is on its frame, and the next one goes on', async () => {
    const dataDir = await folder();
    const settings = {
      ...shape,
      name: 'exact',
      dataDir,
      fps: 40,
      segment: 1,
      settings: { thumbnailInterval: 0 },
    };
    let live = await serve(settings);
    const written: number[] = [];
    let pts = 100;
    for (let n = 0; n < FRAMES; n += 1) {
      pts = Math.round((pts + 0.025 + ((n * 7919) % 13) / 1000) * 1e6) / 1e6;
      written.push(Math.round(pts * 1e6));
      const inIt = n % 10 === 3 ? [{ text: `frame ${n}` }] : [];
      await live.write({ data: picture(n), pts, markers: inIt });
      if (n % 10 === 5) live.mark({ text: `frame ${n}` });
      if (n === 20) live.mark({ id: 'door', text: 'door', duration: null });
      if (n === 40) live.mark({ id: 'door', end: true });
      // It is on its way, and perhaps listed, when this is said of it.
      if (n % 30 === 17) {
        const waited = n === 17 ? 1 : 700;
        await pause(waited);
        pts += waited / 1000;
        live.mark({ text: `frame ${n}` });
      }
    }
    assert.equal(live.pts, (written.at(-1) ?? 0) / 1e6);
    assert.equal(live.frames, FRAMES);
    await live.close();
    await live.close();
    assert.equal((await refusalOf(live.write({ data: picture(0), pts: 1000 }))).code, 'STREAM_CLOSED');

    live = await serve(settings);
    try {
      const times = await shown(live.playlist);
      assert.deepEqual(
        [...times.keys()].sort((a, b) => a - b),
        [...written.keys()],
      );
      assert.deepEqual(
        written.map((_, n) => (times.get(n) ?? 0) - (times.get(0) ?? 0)),
        written.map((time) => time - (written[0] ?? 0)),
      );
      const told = await markers(live);
      const of = told.filter(({ text }) => text.startsWith('frame'));
      assert.deepEqual(
        of.map(({ text }) => Number(text.slice(6))).sort((a, b) => a - b),
        [3, 5, 13, 15, 17, 23, 25, 33, 35, 43, 45, 47, 53, 55],
      );
      for (const { text, time } of of)
        assert.equal(Math.round(time * 1e6), times.get(Number(text.slice(6))), text);
      const [door, ...others] = told.filter(({ text }) => text === 'door');
      assert.deepEqual(others, []);
      assert.equal(Math.round((door?.time ?? 0) * 1e6), times.get(20));
      assert.equal(Math.round(((door?.time ?? 0) + (door?.duration ?? 0)) * 1e6), times.get(40));
    } finally {
      await live.close();
    }
  });

  test('tells webhooks what happens, and the log once that these are unsigned', async () => {
    const told: SentEvent[] = [];
    const receiver = createServer((request, response) => {
      void json(request).then((event) => {
        told.push(event as SentEvent);
        response.writeHead(204).end();
      });
    }).listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    const webhook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/in`;
    const warnings: string[] = [];
    const live = await serve({
      ...{ ...shape, name: 'told', segment: 1, settings: { webhook: [webhook] } },
      log: ({ level, message }) => {
        if (level === 'warn') warnings.push(message);
      },
    });
    try {
      let n = 0;
      await live.write({ data: picture(n), pts: 0, markers: [{ id: 'door', text: 'door', duration: null }] });
      await until('the marker', 30, async () => {
        n += 1;
        await live.write({ data: picture(n % 256), pts: n / 25 });
        return told.some(({ marker }) => marker?.id === 'door');
      });
      const { link, type } = told.find(({ marker }) => marker?.id === 'door') as SentEvent;
      assert.deepEqual([type, new URL(link).origin], ['marker.begun', new URL(live.url).origin]);
      assert.equal(warnings.filter((text) => /unsigned.*HLSSTREAM_WEBHOOK_SECRET/.test(text)).length, 1);
    } finally {
      await live.close();
      receiver.close();
      receiver.closeAllConnections();
    }
  });

  test('runs two streams in one process, each at its own port, and says who watches', async () => {
    const [a, b] = await Promise.all([
      serve({ ...shape, name: 'a', segment: 1 }),
      serve({ ...shape, name: 'b', segment: 1, format: 'rgba' }),
    ]);
    try {
      assert.notEqual(a.port, b.port);
      const seen: number[] = [];
      a.on('viewers', (count) => seen.push(count));
      let playing = false;
      const writing = (async () => {
        for (let n = 0; !playing; n += 1) {
          await a.write({ data: picture(n % 256), pts: n / 25 });
          await b.write({ data: new Uint8ClampedArray(WIDTH * HEIGHT * 4).fill(n), pts: n / 25 });
        }
      })();
      const names = async (live: Live) => {
        const { streams } = (await (await fetch(`${live.url}streams`)).json()) as {
          streams: { name: string; status: string }[];
        };
        return streams.map(({ name, status }) => `${name} ${status}`);
      };
      await until(
        'both',
        30,
        async () => (await names(a))[0] === 'a live' && (await names(b))[0] === 'b live',
      );
      await until('a segment', 30, async () => (await download(a.playlist).catch(() => [])).length > 0);
      assert.deepEqual([...(await names(a)), ...(await names(b))], ['a live', 'b live']);
      await until('a viewer', 30, () => seen.length > 0);
      assert.deepEqual([seen[0], a.viewers, b.viewers], [1, 1, 0]);
      playing = true;
      await writing;
    } finally {
      await Promise.all([a.close(), b.close()]);
    }
  });

  test('says so when another process has taken the stream over, and whoever writes does not wait for ever', async () => {
    const store = new MemoryStore();
    const failures: HlsStreamError[] = [];
    const live = await serve({ ...shape, name: 'taken', store });
    live.on('error', (error) => failures.push(error));
    try {
      let n = 0;
      const write = () => live.write({ data: picture(n), pts: n++ / 30 });
      await write();
      const key = leaseKey('stream/taken');
      const other = { id: 'other', host: 'elsewhere', pid: 1 };
      await until('the lease is taken', 30, async () => {
        const found = (await store.get(key)) as LeaseRecord;
        return (await store.compareAndSet(key, found, { ...found, holder: { ...found.holder, ...other } }))
          .ok;
      });
      await assert.rejects(async () => {
        for (;;) await write();
      });
      assert.deepEqual(
        failures.map(({ code }) => code),
        ['STREAM_TAKEN'],
      );
    } finally {
      await live.close();
    }
  });

  test('says what is wrong with what it is given, and leaves nothing open', async () => {
    for (const [options, code, text] of [
      [{ width: 64 }, 'USAGE', /width and height/],
      [{ ...shape, width: 63 }, 'USAGE', /63x64/],
      [{ ...shape, name: 'a b' }, 'USAGE', /a b/],
      [{ ...shape, settings: { colour: 1 } }, 'USAGE', /settings.colour is not a setting/],
      [{ ...shape, settings: { size: '1x1' } }, 'USAGE', /width and height/],
      [{ ...shape, settings: { ffmpeg: '/nowhere/ffmpeg' } }, 'FFMPEG_NOT_FOUND', /nowhere/],
      [{ ...shape, encoder: 'h265' }, 'USAGE', /h265/],
      [{ ...shape, detectors: ['./nowhere.js'] }, 'MODULE_INVALID', /nowhere/],
      [{ ...shape, processes: true, detectors: [{ name: 'x', look: () => [] }] }, 'USAGE', /detectors/],
    ] as const) {
      const error = await refusalOf(serve(options));
      assert.equal(error.code, code, error.message);
      assert.match(error.message, text);
    }
    const first = await serve({ ...shape, name: 'first' });
    try {
      const error = await refusalOf(serve({ ...shape, name: 'second', port: first.port ?? 0 }));
      assert.equal(error.code, 'PORT_IN_USE');
    } finally {
      await first.close();
    }
  });

  test('ends with close: the process leaves by itself, and folders, programs and sockets are gone', async () => {
    const [place, scripts] = [await folder(), await folder()];
    const script = join(scripts, 'program.mjs');
    await writeFile(
      script,
      `import { serve } from ${JSON.stringify(join(ROOT, 'dist/index.js'))};
       const live = await serve({ width: 64, height: 64, port: 0, name: 'short' });
       const waiting = fetch(live.url + 'markers/events').then((events) => events.text());
       for (let n = 0; n < 40; n++) await live.write({ data: new Uint8Array(64 * 64 * 4).fill(n), pts: n / 30 });
       const before = process.listenerCount('SIGTERM') + process.listenerCount('SIGINT') + process.listenerCount('uncaughtException') + process.listenerCount('unhandledRejection');
       console.log(JSON.stringify({ port: live.port, before }));
       await live.close({ end: true });
       await waiting.catch(() => {});`,
    );
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [script], {
      env: { ...process.env, TMPDIR: place },
      timeout: hangBound(30),
    });
    assert.equal(stderr, '');
    const { port, before } = JSON.parse(stdout) as { port: number; before: number };
    assert.equal(before, 0);
    assert.deepEqual(await readdir(place), []);
    const socket = connect(port, '127.0.0.1');
    const [refused] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    assert.equal(refused.code, 'ECONNREFUSED');
  });
});

async function refusalOf(promise: Promise<unknown>): Promise<HlsStreamError> {
  const error = await promise.then(
    () => assert.fail('it was taken'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof HlsStreamError, String(error));
  return error;
}
