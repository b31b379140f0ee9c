import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { serve } from 'hlsstream';
import { certificateMaker } from '../api/self-signed.ts';
import { hangBound } from '../hang-bound.ts';
import { until } from '../until.ts';
import { objectsIn } from './served.ts';

const FPS = 25;
// What is said two seconds after its segment was closed is too late: none is, however slow the machine.
const shape = { width: 64, height: 64, fps: FPS, format: 'gray', port: 0, segment: 30, window: 600 } as const;
const box = (label: string) => ({ label, box: [0, 0, 0.5, 0.5] }) as const;

interface MarkerList {
  readonly markers: { text: string; time: number; duration: number | null }[];
}

/** An address of this machine that is not loopback, where it has one. */
function outerAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  return addresses.find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? '0.0.0.0';
}

/** The text at a URL, whoever has signed its certificate: as much of it as there is when `enough` says so, else all. */
function read(url: string, enough: (text: string) => boolean = () => false): Promise<string> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(hangBound(30));
    const asking = request(url, { rejectUnauthorized: false, signal }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        if (!enough(text)) return;
        resolve(text);
        asking.destroy();
      });
      response.on('end', () => resolve(text));
    });
    asking.on('error', reject).end();
  });
}

test('in children, too, what is said of a frame when it is listed, or right before the end, is on that frame', async () => {
  const maker = await certificateMaker();
  const dataDir = await mkdtemp(join(tmpdir(), 'hlsstream-late-'));
  // Nobody but programs on this machine may write, and these do not know who signed the certificate.
  const own = { ...(await maker.make('own')), publicHost: ['elsewhere.example'] };
  const warnings: string[] = [];
  let live = await serve({
    ...{ ...shape, name: 'late', dataDir, processes: true, host: outerAddress(), settings: own },
    log: ({ level, message }) => {
      if (level !== 'info') warnings.push(message);
    },
  });
  try {
    const write = async (n: number, text?: string) =>
      live.write({
        data: new Uint8Array(64 * 64).fill(n),
        pts: n / FPS,
        ...(text && { markers: [{ text }] }),
      });
    assert.match(live.url, /^https:/);
    for (let n = 0; n < 20; n += 1) await write(n);
    await write(20, 'in it');
    live.mark({ id: 'door', text: 'door', duration: null });
    live.objects([box('soon')]);
    const marked = async () =>
      (JSON.parse(await read(`${live.url}markers`)) as MarkerList).markers.map(({ text }) => text);
    await until('the frame to be listed', 30, async () => (await marked()).includes('in it'));
    live.mark({ text: 'late' });
    live.objects([box('late')]);
    await until('the marker', 30, async () => (await marked()).includes('late'));
    await read(`${live.url}objects/events`, (text) => text.includes('"late"'));
    for (let n = 100; n < 110; n += 1) await write(n);
    live.mark({ id: 'door', end: true });
    live.mark({ text: 'last' });
    live.objects([box('last')]);
    await live.close();
    assert.deepEqual(warnings, []);

    live = await serve({ ...shape, name: 'late', dataDir });
    const { markers } = JSON.parse(await (await fetch(`${live.url}markers`)).text()) as MarkerList;
    const found = markers.map(({ text, time, duration }) => [text, time, duration]);
    const last = markers.find(({ text }) => text === 'last')?.time ?? 0;
    const at = 20 / FPS;
    assert.deepEqual(found.sort(), [
      ['door', at, Math.round((last - at) * 1e6) / 1e6],
      ['in it', at, 0],
      ['last', 109 / FPS, 0],
      ['late', at, 0],
    ]);
    const objects = await objectsIn(live.playlist);
    // While none came the frame was repeated, and shows the same then.
    assert.deepEqual(objects[0], [at, ['soon', 'late']]);
    assert.deepEqual(objects.at(-1), [last, ['last']]);
  } finally {
    await live.close();
    await maker.remove();
    await rm(dataDir, { recursive: true, force: true });
  }
});
