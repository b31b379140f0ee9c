import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeRoom } from '../../src/storage/make-room.ts';

test('the oldest segments go, of whatever epoch, until there is room; a few and all else stay', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'hlsstream-room-'));
  t.after(() => rm(folder, { recursive: true }));
  const [older, newer] = ['e0000000001/main', 'e0000000002/main'] as const;
  const write = async (name: string, second: number) => {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), Buffer.alloc(100));
    await utimes(join(folder, name), second, second);
  };
  for (let at = 0; at < 4; at += 1) await write(`${older}/${at}.m4s`, 1000 + at);
  for (let at = 0; at < 4; at += 1) await write(`${newer}/${at + 9}.m4s`, 2000 + at);
  for (const name of [`${older}/init-1.mp4`, `${newer}/12.0.m4s`, '.store/000005.ldb', 'mine/main/1.m4s'])
    await write(name, 1);
  const left = async (epoch: string) => (await readdir(join(folder, epoch))).sort();
  assert.equal(await makeRoom(folder, 250), 300);
  assert.deepEqual(await left(older), ['3.m4s', 'init-1.mp4']);
  assert.equal(await makeRoom(folder, 1e9), 200);
  assert.deepEqual(await left(older), ['init-1.mp4']);
  assert.deepEqual(await left(newer), ['10.m4s', '11.m4s', '12.0.m4s', '12.m4s']);
  assert.equal(await makeRoom(folder, 1e9), 0);
  assert.deepEqual([await left('.store'), await left('mine/main')], [['000005.ldb'], ['1.m4s']]);
});
