import assert from 'node:assert/strict';
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { serve } from 'hlsstream';
import { hangBound } from '../hang-bound.ts';
import { ROOT } from '../root.ts';
import { until } from '../until.ts';

const options = {
  width: 64,
  height: 64,
  fps: 30,
  format: 'gray',
  port: 0,
  segment: 1,
  processes: true,
} as const;

/** Processes whose environment names this folder. */
async function processesOf(folder: string): Promise<string> {
  const { stdout } = await promisify(execFile)('ps', ['axeww', '-o', 'pid=,args=']);
  return stdout
    .split('\n')
    .filter((line) => line.includes(`TMPDIR=${folder}`))
    .join('\n');
}

/** Runs in a process of its own: the first time it closes and ends by itself, the second time it stays. */
const program = (dataDir: string, again: boolean) => `
import { setTimeout as pause } from 'node:timers/promises';
import { serve } from ${JSON.stringify(join(ROOT, 'dist/index.js'))};
const live = await serve({ ...${JSON.stringify(options)}, name: 'kids', dataDir: ${JSON.stringify(dataDir)} });
process.send?.({ url: live.url, playlist: live.playlist });
for (let n = 0; n < 50; n++) {
  ${again ? 'break;' : ''}
  await live.write({ data: new Uint8Array(4096).fill(n), pts: 7 + n / 25 });
  if (n === 10) live.mark({ id: 'door', text: 'door', duration: null });
  if (n !== 30) continue;
  // It is in the pipe by now.
  await pause(1);
  live.mark({ id: 'door', end: true });
}
${again ? '' : 'await live.close();'}`;

describe('serve with processes', () => {
  test('what was written is listed when it closes, marks on their frames; nothing is left, also of one that is killed', async () => {
    const [place, scripts, dataDir] = (await Promise.all(
      ['place', 'scripts', 'data'].map((name) => mkdtemp(join(tmpdir(), `hlsstream-library-${name}-`))),
    )) as [string, string, string];
    try {
      const env = { ...process.env, TMPDIR: place };
      const script = join(scripts, 'program.mjs');
      await writeFile(script, program(dataDir, false));
      const { stderr } = await promisify(execFile)(process.execPath, [script], {
        env,
        timeout: hangBound(60),
      });
      assert.deepEqual([stderr, await readdir(place), await processesOf(place)], ['', [], '']);

      await writeFile(script, program(dataDir, true));
      const child = fork(script, { env, stdio: 'ignore' });
      const [{ url, playlist }] = (await once(child, 'message')) as [{ url: string; playlist: string }];
      const { markers } = (await (await fetch(`${url}markers`)).json()) as {
        markers: { id: string; time: number; duration: number }[];
      };
      const [main = ''] = uris(await (await fetch(playlist)).text());
      const list = await (await fetch(new URL(main, playlist))).text();
      const seconds = [...(list.split('#EXT-X-DISCONTINUITY\n')[0]?.matchAll(/#EXTINF:([\d.]+)/g) ?? [])];
      const listed = seconds.reduce((sum, [, duration]) => sum + Number(duration), 0);
      assert.deepEqual(
        markers.map(({ id, time, duration }) => [id, time, duration]),
        [['door', 0.4, 0.8]],
      );
      // The last one lasts as long as a frame does by --fps.
      assert.ok(Math.abs(listed - 50 / 25) < 0.02, `${listed}`);

      assert.notEqual(await processesOf(place), '');
      child.kill('SIGKILL');
      await until('all of it to be gone', 30, async () => (await processesOf(place)) === '');
    } finally {
      for (const folder of [place, scripts, dataDir]) await rm(folder, { recursive: true, force: true });
    }
  });

  test('says why it cannot start, in the words of the process that could not', async () => {
    await assert.rejects(serve({ ...options, settings: { ffmpeg: '/nowhere/ffmpeg' } }), {
      code: 'FFMPEG_NOT_FOUND',
    });
  });
});

function uris(text: string): string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}
