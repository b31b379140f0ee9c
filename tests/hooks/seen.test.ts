import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ReadAccess } from '../../src/api/access/read-access.ts';
import { markerToJson } from '../../src/hls/marker-query.ts';
import { withLinks } from '../../src/hooks/links.ts';
import { watchStreams } from '../../src/processes/streams-seen.ts';
import { DiskStorage } from '../../src/storage/disk.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import { FakePackager } from '../api/fake-packager.ts';
import { unexpected } from '../unexpected.ts';
import { until } from '../until.ts';
import { marker, STREAM } from './telling.ts';

test('a stream is up when media of its source comes, and not by what lies there or fills its silence', async () => {
  const store = new MemoryStore();
  const folder = await mkdtemp(join(tmpdir(), 'hlsstream-seen-'));
  const packager = new FakePackager(store, new DiskStorage(folder), Date.now(), { name: STREAM });
  await packager.announce();
  await packager.addSegments(2);
  const seen = await watchStreams(store, 'other', new AbortController().signal, unexpected);
  const now = () => seen.streams.get(STREAM);
  assert.deepEqual(now(), { condition: undefined });
  const told: unknown[] = [];
  for (const listener of [1, 2]) seen.onChange(() => told.push(`${listener} ${now()?.condition}`));
  await packager.addSegments(1);
  await until('it is up', 10, () => now()?.condition === 'up');
  await until('both are told', 10, () => told.includes('1 up') && told.includes('2 up'));
  packager.filler = { kind: 'slate', since: packager.date(5_900_000) };
  await packager.addSegments(1);
  await until('it is lost', 10, () => now()?.condition === 'lost');
  assert.equal(now()?.reason, 'its source is silent');
  packager.filler = undefined;
  await packager.addSegments(1);
  await until('it is up again', 10, () => now()?.condition === 'up');
  seen.close();
  await rm(folder, { recursive: true, force: true });
});

test('links of a private system open the stream that they are about, and no other, for seven days', () => {
  const access = new ReadAccess({ tokens: [], keys: ['a key of sixteen or more'], now: Date.now });
  const sign = (path: string, stream: string) => access.signPath(path, 604_800, [stream]).path;
  const event = {
    ...({
      id: 'evt_1',
      type: 'marker.begun',
      timestamp: '2026-11-27T12:00:00.000Z',
      stream: STREAM,
    } as const),
    marker: markerToJson(marker('a')),
  };
  const { link, picture } = withLinks(event, { base: 'https://cams.example.org/cams', sign });
  for (const [url, path] of [
    [link, /^\/\?stream=yard&t=/],
    [picture, /^\/streams\/yard\/picture\.jpg\?time=1$/],
  ] as const) {
    assert.ok(url.startsWith('https://cams.example.org/cams/s/'), url);
    const { pathname, search } = new URL(url);
    const admitted = access.admit(`${pathname.slice('/cams'.length)}${search}`, {
      headers: {},
      remoteAddress: '',
    });
    assert.equal(admitted.reader.refusal, undefined);
    assert.deepEqual([...(admitted.reader.streams ?? [])], [STREAM]);
    assert.match(admitted.url, path);
  }
});
