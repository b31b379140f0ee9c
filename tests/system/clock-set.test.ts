import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { mediaPlaylist } from './judge.ts';
import { startSystem } from './system.ts';

/** Where Debian has libfaketime, by machine. */
const LIBRARY = ['x86_64', 'aarch64']
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`)
  .find(existsSync);

test('a wall clock that is set by an hour and back a day: dates follow at a discontinuity, and markers are where they were put', async () => {
  assert.ok(LIBRARY, 'the package faketime is installed (npm run setup -- --test)');
  const folder = await mkdtemp(join(tmpdir(), 'hlsstream-clock-'));
  const control = join(folder, 'offset');
  const set = (seconds: number) => writeFile(control, `${seconds >= 0 ? '+' : ''}${seconds}s\n`);
  await set(0);
  const faked = {
    ...{ LD_PRELOAD: LIBRARY, FAKETIME_TIMESTAMP_FILE: control, FAKETIME_NO_CACHE: '1' },
    ...{ FAKETIME_DONT_FAKE_MONOTONIC: '1', DONT_FAKE_MONOTONIC: '1' },
  };
  Object.assign(process.env, faked);
  const starting = startSystem(
    ['--size', '320x180', '--thumbnail-interval', '0', '--log-level', 'warn'],
    undefined,
    // Given, so that it is started before the environment is as it was.
    join(folder, 'data'),
  );
  for (const name of Object.keys(faked)) delete process.env[name];
  const system = await starting;
  try {
    const { uri } = await mediaPlaylist(`${system.url}/video/chessboard.m3u8`);
    const dates = async () =>
      [...(await (await fetch(uri)).text()).matchAll(/PROGRAM-DATE-TIME:(\S+)/g)].map(([, date]) =>
        Date.parse(date ?? ''),
      );
    const post = async (date: number) => {
      const response = await fetch(`${system.url}/markers`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ class: 'set', text: 'here', date: new Date(date).toISOString() }),
      });
      assert.equal(response.status, 201);
    };
    const times: number[] = [];
    for (const offset of [0, 3600, -82_800]) {
      await set(offset);
      const isNow = (date: number) => Math.abs(date - Date.now() - offset * 1000) < 5000;
      await system.until(`dates of an offset of ${offset} s`, 10, async () =>
        isNow((await dates()).at(-1) ?? 0),
      );
      const newest = (await dates()).at(-1) ?? 0;
      await post(newest);
      const { markers } = await system.json<{ markers: { time: number; date: string; class: string }[] }>(
        '/markers?class=set',
      );
      const marker = markers.at(-1);
      assert.ok(Math.abs(Date.parse(marker?.date ?? '') - newest) <= 1, `${marker?.date}`);
      times.push(marker?.time ?? -1);
    }
    // Time goes on as it does, whatever the clock says.
    assert.ok(
      times.every((time, index) => index === 0 || time > (times[index - 1] ?? 0)),
      times.join(),
    );
    assert.ok((times.at(-1) ?? 0) < 100, times.join());
    const stepsAt = (await dates()).map((date, index, all) => date - (all[index - 1] ?? date));
    const steps = stepsAt.filter((step) => Math.abs(step) > 60_000).map((step) => Math.round(step / 60_000));
    assert.deepEqual(steps, [60, -1440]);
    assert.deepEqual(
      system.log
        .filter(({ msg }) => /clock was set/.test(String(msg)))
        .map(({ seconds }) => Math.round(Number(seconds))),
      [3600, -86_400],
    );
  } finally {
    await system.stop();
    await rm(folder, { recursive: true });
  }
});
