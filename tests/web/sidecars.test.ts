import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createSidecars, sidecarUrl } from '../../web/api/sidecars.ts';

/** A server of sidecars whose answers the test gives, and a clock of its own. */
function setUp() {
  const asked: string[] = [];
  const kept = new Map<string, number>();
  const answers = new Map<string, (value: unknown) => void>();
  let time = 0;
  const sidecars = createSidecars({
    has: (url) => kept.has(url),
    put: (url, frames) => kept.set(url, frames.length),
    fetchJson(url) {
      asked.push(url);
      return new Promise((resolve) => answers.set(url, resolve));
    },
    now: () => time,
  });
  return {
    ...{ asked, kept, sidecars },
    async answer(url: string, value: unknown) {
      answers.get(url)?.(value);
      await setImmediate();
    },
    pass(milliseconds: number) {
      time += milliseconds;
    },
  };
}

const body = { version: 1, frames: [{ pts: 1.5, source: 'a', objects: [] }] };

describe('createSidecars', () => {
  test('asks for each once, two at a time, the first first', async () => {
    const { asked, kept, sidecars, answer } = setUp();
    for (let times = 0; times < 3; times += 1) sidecars.want(['a', 'b', 'c']);
    assert.deepEqual(asked, ['a', 'b']);
    await answer('a', body);
    assert.deepEqual(asked, ['a', 'b', 'c']);
    await answer('b', body);
    await answer('c', { version: 1, frames: [] });
    sidecars.want(['a', 'b', 'c']);
    assert.deepEqual([asked.length, kept.get('a'), kept.get('c')], [3, 1, 0]);
  });

  test('asks again for what was not written yet, and not at once', async () => {
    const { asked, sidecars, answer, pass } = setUp();
    sidecars.want(['a']);
    await answer('a', undefined);
    sidecars.want(['a']);
    assert.equal(asked.length, 1);
    pass(600);
    sidecars.want(['a']);
    assert.equal(asked.length, 2);
  });

  test('asks for nothing that is wanted no longer', async () => {
    const { asked, sidecars, answer } = setUp();
    sidecars.want(['a', 'b', 'c', 'd']);
    sidecars.want(['x']);
    await answer('a', body);
    await answer('b', body);
    assert.deepEqual(asked, ['a', 'b', 'x']);
  });
});

describe('sidecarUrl', () => {
  test('lies in the folder of the epoch, with what is before that', () => {
    const base = 'https://host/s/99.abc/video/cam/e1';
    assert.equal(sidecarUrl(`${base}/main/17.m4s`), `${base}/17.objects.json`);
    assert.equal(sidecarUrl(`${base}/main/17.m4s?x=1`), `${base}/17.objects.json`);
    assert.equal(sidecarUrl('https://host/elsewhere/seg.m4s'), undefined);
  });
});
