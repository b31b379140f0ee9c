import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type LogEntry, serve } from 'hlsstream';
import { pidsBelow } from '../system/system.ts';
import { HEIGHT, objectsIn, picture, shown, WIDTH } from './served.ts';

const FPS = 20;

interface MarkerList {
  readonly markers: {
    readonly text: string;
    readonly time: number;
    readonly duration: number | null;
    readonly data: { readonly beginUncertainty?: number };
  }[];
}

/** Where a frame is listed, or, if it was lost, the next one that is. */
async function placeOf(url: string, frame: number): Promise<{ number: number; time: number }> {
  const headers = { 'Content-Type': 'application/json' };
  const body = JSON.stringify({ frame, text: 'found' });
  const answer = await fetch(`${url}markers`, { method: 'POST', headers, body });
  if (answer.ok) return { number: frame, time: ((await answer.json()) as { time: number }).time };
  const found = /the next that is, is at ([\d.]+) s.* has the number (\d+)/.exec(await answer.text()) ?? [];
  return { number: Number(found[2]), time: Number(found[1]) };
}

/** Seconds to the microsecond, as JSON has them. */
const exact = (seconds: number) => Math.round(seconds * 1e6) / 1e6;

/** What is written: marks and objects that say the number of their frame. */
const frame = (n: number) => ({
  ...{ data: picture(n), pts: n / FPS },
  ...(n % 5 === 0 && { markers: [{ text: String(n) }] }),
  objects: [{ label: String(n), box: [0, 0, 1, 1] as const }],
});

test('an encoder that dies in the caller’s process takes frames along, and nothing of what was said of them', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'hlsstream-dies-'));
  const options = {
    ...({ name: 'dies', width: WIDTH, height: HEIGHT, format: 'gray', port: 0, fps: FPS } as const),
    ...{ segment: 1, dataDir },
    settings: { thumbnailInterval: 0 },
  } as const;
  let encoders = 0;
  const log = ({ message }: LogEntry) => {
    if (message === 'encoder started') encoders += 1;
  };
  let live = await serve({ ...options, log });
  const errors: string[] = [];
  live.on('error', ({ code }) => errors.push(code));
  try {
    let n = 0;
    const write = async () => {
      await live.write(frame(n));
      if (n % 5 === 2) live.mark({ text: String(n) });
      n += 1;
    };
    const kill = async () => {
      const [encoder] = await pidsBelow(process.pid, 'ffmpeg');
      process.kill(encoder ?? 0, 'SIGKILL');
    };
    while (n < 30) await write();
    live.mark({ id: 'door', text: 'door', duration: null });
    await kill();
    while (encoders < 2) await write();
    for (const until = n + 20; n < until; ) await write();
    live.mark({ id: 'door', end: true });
    for (const until = n + 20; n < until; ) await write();
    // The next one has no time to come.
    await kill();
    for (const until = n + 4; n < until; ) await write();
    await live.close();
    assert.deepEqual(errors, ['ENCODER_FAILED', 'ENCODER_FAILED']);
    assert.ok(n < 256, `${n} pictures`);

    live = await serve(options);
    const times = await shown(live.playlist);
    const numbers = new Map([...times].map(([number, pts]) => [exact(pts / 1e6), number]));
    const { markers } = (await (await fetch(`${live.url}markers`)).json()) as MarkerList;
    const marked = markers.filter(({ text }) => text !== 'door');
    assert.deepEqual(
      marked.map(({ text }) => Number(text)).sort((a, b) => a - b),
      Array.from({ length: n }, (_, at) => at).filter((at) => at % 5 === 0 || at % 5 === 2),
    );
    const last = Math.max(...(await objectsIn(live.playlist)).map(([, [label]]) => Number(label)));
    // What belongs to a frame that is lost is on the next that is not, else on the last, and says by how much.
    for (const { text, time, data } of marked) {
      const { number, time: wanted } = await placeOf(live.url, Math.min(last, Number(text)));
      assert.deepEqual([time, numbers.get(time)], [wanted, number], text);
      const apart = exact(Math.abs(number - Number(text)) / FPS);
      assert.equal(data.beginUncertainty, apart === 0 ? undefined : apart, text);
    }
    const [door, ...others] = markers.filter(({ text }) => text === 'door');
    assert.deepEqual([others, typeof door?.duration], [[], 'number']);
    for (const [pts, [label]] of await objectsIn(live.playlist))
      if (numbers.has(pts)) assert.equal(Number(label), numbers.get(pts), `at ${pts} s`);
  } finally {
    await live.close();
    await rm(dataDir, { recursive: true, force: true });
  }
});
