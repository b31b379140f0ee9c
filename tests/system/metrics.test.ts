import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
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
});
