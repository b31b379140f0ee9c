import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startBrowser } from '../e2e/browser.ts';
import { untilAdvanced } from '../e2e/frames.ts';
import { rowOf } from '../e2e/rows.ts';
import { mediaPlaylist } from './judge.ts';
import { type System, startSystem } from './system.ts';

/** Where Debian has libfaketime, by machine. */
const LIBRARY = ['x86_64', 'aarch64']
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`)
  .find(existsSync);

/** What the wall clock is set to, one after the other: so many seconds from what it is. The last brings dates again. */
const OFFSETS = [0, 3600, -82_800, -82_802];

/** Of 30 frames a second. */
const HALF_FRAME_MS = 500 / 30;

declare const hlsstream: {
  state(): { readonly held: boolean; readonly time: number; readonly date: number };
};

interface Marker {
  readonly id: string;
  readonly time: number;
  readonly date: string;
}

describe('a wall clock that is set by an hour, back by a day, and a little further back', () => {
  let system: System;
  let folder: string;
  let playlist: string;
  const posted: Marker[] = [];
  const set = (seconds: number) =>
    writeFile(join(folder, 'offset'), `${seconds >= 0 ? '+' : ''}${seconds}s\n`);
  const dates = async () =>
    [...(await (await fetch(playlist)).text()).matchAll(/PROGRAM-DATE-TIME:(\S+)/g)].map(([, date]) =>
      Date.parse(date ?? ''),
    );
  const post = async (place: { date: string } | { time: number }): Promise<Marker> => {
    const response = await fetch(`${system.url}/markers`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ class: 'set', text: 'here', ...place }),
    });
    const body = (await response.json()) as Marker;
    assert.equal(response.status, 201, JSON.stringify(body));
    return body;
  };

  before(async () => {
    assert.ok(LIBRARY, 'the package faketime is installed (bin/setup --test)');
    folder = await mkdtemp(join(tmpdir(), 'hlsstream-clock-'));
    await set(0);
    const faked = {
      ...{ LD_PRELOAD: LIBRARY, FAKETIME_TIMESTAMP_FILE: join(folder, 'offset'), FAKETIME_NO_CACHE: '1' },
      ...{ FAKETIME_DONT_FAKE_MONOTONIC: '1', DONT_FAKE_MONOTONIC: '1' },
    };
    Object.assign(process.env, faked);
    // A folder that is given has the launcher started before the environment is as it was.
    const flags = ['--size', '320x180', '--segment', '1', '--thumbnail-interval', '0'];
    flags.push('--detector', 'none', '--log-level', 'warn');
    const starting = startSystem(flags, undefined, join(folder, 'data'));
    for (const name of Object.keys(faked)) delete process.env[name];
    system = await starting;
    await system.until('media', 20, async () => {
      playlist = (await mediaPlaylist(`${system.url}/video/chessboard.m3u8`)).uri;
      return (await dates()).length > 0;
    });
  });
  after(async () => {
    await system?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  for (const [steps, offset] of OFFSETS.entries())
    test(`dates follow it to ${offset} s, and a marker is taken by the date of the newest segment`, async () => {
      await set(offset);
      await system.until(`dates of an offset of ${offset} s`, 10, async () => {
        const listed = await dates();
        // The last step is no longer than the picture is behind: by the newest date alone it seems to be over.
        const taken = listed.filter((date, at) => {
          const step = date - (listed[at - 1] ?? date);
          return step < 0 || step > 60_000;
        });
        const newest = listed.at(-1) ?? 0;
        return taken.length === steps && Math.abs(newest - Date.now() - offset * 1000) < 1500;
      });
      // Longer than the last step back, which brings these dates again.
      const begun = (await dates()).at(-1) ?? 0;
      await system.until('media of it', 10, async () => ((await dates()).at(-1) ?? 0) >= begun + 1000);
      const newest = (await dates()).at(-1) ?? 0;
      const marker = await post({ date: new Date(newest).toISOString() });
      assert.ok(Math.abs(Date.parse(marker.date) - newest) <= 1, `${marker.date} for ${newest}`);
      posted.push(marker);
    });

  test('PTS go on as time does, and each step stands in playlist and log', async () => {
    const times = posted.map(({ time }) => time);
    assert.ok(
      times.every((time, index) => index === 0 || time > (times[index - 1] ?? 0)),
      times.join(),
    );
    assert.ok((times.at(-1) ?? 0) < 150, times.join());
    const jumps = (await dates()).map((date, index, all) => (date - (all[index - 1] ?? date)) / 1000);
    const steps = OFFSETS.slice(1).map((offset, index) => offset - (OFFSETS[index] ?? 0));
    const far = jumps.filter((jump) => Math.abs(jump) > 60);
    assert.equal(far.length, 2, far.join());
    for (const [index, jump] of far.entries())
      assert.ok(Math.abs(jump - (steps[index] ?? 0)) < 10, far.join());
    assert.ok(
      jumps.some((jump) => jump < 0 && jump > -3),
      jumps.join(),
    );
    const said = system.log
      .filter(({ msg }) => /clock was set/.test(String(msg)))
      .map(({ seconds }) => Math.round(Number(seconds)));
    assert.deepEqual(said, steps);
  });

  test('every marker is where it was put, and clips of it and of its time are there', async () => {
    const { markers } = await system.json<{ markers: Marker[] }>('/markers?class=set&limit=1000');
    assert.deepEqual(
      markers.map(({ id, time, date }) => ({ id, time, date })).sort((a, b) => a.time - b.time),
      posted.map(({ id, time, date }) => ({ id, time, date })),
    );
    for (const { id, time } of posted)
      for (const query of [`marker=${id}`, `from=${time}&to=${(time + 0.2).toFixed(6)}`]) {
        const clip = await fetch(`${system.url}/clips/chessboard.mp4?${query}`);
        assert.equal(clip.status, 200, `${query}: ${await clip.text()}`);
      }
  });

  test('the page lists them all, and goes to the frame of each', async () => {
    const browser = await startBrowser({ width: 960, height: 600 });
    try {
      const { page, complaints } = await browser.open(`${system.url}/`);
      await untilAdvanced(page, 0.5);
      await page.keyboard.press(' ');
      const shown: number[] = [];
      for (const { id, date } of posted) {
        const row = await rowOf(page, id);
        assert.equal(await row.getAttribute('aria-disabled'), 'false');
        await row.click();
        await page.waitForFunction(() => !hlsstream.state().held);
        await page.locator(`tr.here[data-id="${id}"]`).waitFor();
        const state = await page.evaluate(() => hlsstream.state());
        assert.ok(
          Math.abs(state.date / 1000 - Date.parse(date)) < HALF_FRAME_MS,
          `${state.date} is not ${date}`,
        );
        shown.push(state.time);
      }
      const moved = (times: readonly number[]) => times.map((time) => time - (times[0] ?? 0));
      const wanted = moved(posted.map(({ time }) => time));
      // The player leaves out what lies between two runs: a frame or two.
      for (const [index, time] of moved(shown).entries())
        assert.ok(Math.abs(time - (wanted[index] ?? 0)) < 0.5, `${time} s, not ${wanted[index]}`);
      assert.deepEqual(complaints, []);
    } finally {
      await browser.close();
    }
  });

  test('a date that came twice is the newer moment', async () => {
    const [before, last] = posted.slice(-2) as [Marker, Marker];
    const again = await post({ date: before.date });
    assert.ok(again.time > before.time && again.time <= last.time, `${again.time} of ${before.time}`);
    assert.ok(Math.abs(Date.parse(again.date) - Date.parse(before.date)) <= 1);
  });
});
