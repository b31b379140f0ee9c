import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rename, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { inPlaceOf } from './in-place-of.ts';
import { mediaPlaylist } from './judge.ts';
import { type System, startSystem } from './system.ts';

describe('the metrics of a running system', () => {
  let system: System;
  let metrics = '';

  before(async () => {
    system = await startSystem(['--size', '320x180', '--log-level', 'error']);
    await system.until('every process has said how it is', 60, async () => {
      metrics = await (await fetch(`${system.url}/metrics`)).text();
      return [
        /^hlsstream_process_frames_taken_total\{process="stream/m,
        /_pictures_total\{process="detect/m,
        /_resident_bytes\{process="api"/m,
      ].every((of) => of.test(metrics));
    });
  });
  after(() => system?.stop());

  test('satisfy promtool: units, suffixes, types and help', async () => {
    const promtool = spawn('promtool', ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] });
    promtool.stdin.end(metrics);
    const [said, wrong, [code]] = await Promise.all([
      text(promtool.stdout),
      text(promtool.stderr),
      once(promtool, 'exit'),
    ]);
    assert.equal(`${said}${wrong}`, '');
    assert.equal(code, 0);
  });

  test('count what is counted, and let go up and down what does', () => {
    const types = new Map(
      [...metrics.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]),
    );
    for (const of of ['cpu_seconds', 'frames_taken', 'thumbnails_made', 'pictures', 'pictures_dropped']) {
      assert.equal(types.get(`hlsstream_process_${of}_total`), 'counter', of);
      assert.equal(types.has(`hlsstream_process_${of}`), false, of);
    }
    for (const of of ['resident_bytes', 'encoder_lag_seconds']) {
      assert.equal(types.get(`hlsstream_process_${of}`), 'gauge', of);
    }
    for (const [name, type] of types) assert.equal(name.endsWith('_total'), type === 'counter', name);
  });

  test('count what the API could not read from its disk, by what it failed with', async () => {
    const { uri, text: list } = await mediaPlaylist(`${system.url}/video/chessboard.m3u8`);
    const file = new URL(/^\d+\.m4s$/m.exec(list)?.[0] ?? '', uri);
    // A process that was not there when it came has it from the disk alone.
    const [api = 0] = await system.pids('api');
    process.kill(api, 'SIGKILL');
    await system.until('another API', 30, async () => (await system.pids('api')).some((pid) => pid !== api));
    const folder = join(system.dataDir, dirname(file.pathname).replace('/video/', ''));
    await rename(folder, `${folder}.away`);
    // Whoever follows it never comes to its end.
    await inPlaceOf(folder, () => symlink(folder, folder));
    await system.until('it is said', 30, async () => (await fetch(file)).status === 503);
    await system.until('it is counted', 30, async () =>
      /^hlsstream_process_storage_failures_total\{process="api",code="ELOOP",worker="\d+"\} [1-9]/m.test(
        await (await fetch(`${system.url}/metrics`)).text(),
      ),
    );
    const said = system.log.filter(({ name, msg }) => name === 'api' && msg === 'media cannot be read');
    assert.ok(said.length >= 1 && said.length <= 3, `said ${said.length} times`);
    assert.match(String(said[0]?.message), /cannot read .*ELOOP/);
    assert.equal('stack' in (said[0] ?? {}), false);
    await inPlaceOf(folder, () => rename(`${folder}.away`, folder));
  });
});
