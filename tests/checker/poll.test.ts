import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { checkMedia } from './media-check.ts';
import { readPlaylist } from './playlist-text.ts';
import { pollAndCheck } from './poll.ts';
import { encodeMedia, type RealMedia, ServedStream } from './served-stream.ts';

let media: RealMedia;
before(async () => {
  media = await encodeMedia(20);
});

/** Serves a stream while `use` lasts. */
async function withStream<T>(use: (served: ServedStream, url: string) => Promise<T>): Promise<T> {
  const served = new ServedStream(media);
  const url = await served.listen();
  try {
    return await use(served, url);
  } finally {
    await served.close();
  }
}

/** Serves all of the media, each part as soon as it is waited for, and ends. */
async function playOut(served: ServedStream): Promise<void> {
  while (served.advance()) await served.asked();
  served.end();
}

describe('pollAndCheck', () => {
  test('reloads by blocking requests and finds nothing wrong with a good stream', async () => {
    await withStream(async (served, url) => {
      served.advance();
      const [report] = await Promise.all([pollAndCheck(url, { seconds: 30 }), playOut(served)]);
      assert.deepEqual(report.violations, []);
      assert.equal(report.latest?.ended, true);
      assert.ok(report.reloads >= 35, `${report.reloads} reloads of 40 parts`);
      assert.ok(served.requests.some((request) => request.includes('_HLS_msn=3&_HLS_part=1')));
    });
  });

  test('follows a stream by delta updates', async () => {
    await withStream(async (served, url) => {
      for (let count = 0; count < 16; count += 1) served.advance();
      const options = { seconds: 30, deltas: true, media: 0 };
      const [report] = await Promise.all([pollAndCheck(url, options), playOut(served)]);
      assert.deepEqual(report.violations, []);
      assert.ok(served.requests.some((request) => request.includes('_HLS_skip=YES')));
    });
  });

  test('reloads a plain playlist each half target duration', async () => {
    await withStream(async (served, url) => {
      served.plain = true;
      for (let count = 0; count < 8; count += 1) served.advance();
      const report = await pollAndCheck(url, { seconds: 1.2, media: 2 });
      assert.deepEqual(report.violations, []);
      assert.ok(report.reloads >= 2 && report.reloads <= 3, `${report.reloads} reloads`);
    });
  });

  test('catches a removed segment that is gone before its grace is over', async () => {
    for (const gone of [false, true]) {
      await withStream(async (served, url) => {
        for (let count = 0; count < 12; count += 1) served.advance();
        if (gone) served.files.delete('/2.m4s');
        const options = { seconds: 30, media: 0, beforeExpiry: 60_000 };
        const [{ violations }] = await Promise.all([pollAndCheck(url, options), playOut(served)]);
        assert.ok(served.requests.includes('/2.m4s'));
        const expected = gone ? ['expired-too-early'] : [];
        assert.deepEqual(
          violations.map(({ rule }) => rule),
          expected,
        );
      });
    }
  });

  test('sees an error status, and stops when it is told to', async () => {
    await withStream(async (served, url) => {
      const stop = new AbortController();
      const polling = pollAndCheck(new URL('nothing.m3u8', url), { seconds: 30, signal: stop.signal });
      // Whoever asks again has taken the first answer in.
      while (served.requests.length < 2) await new Promise(setImmediate);
      stop.abort();
      const { violations, reloads } = await polling;
      assert.equal(reloads, 0);
      assert.ok(violations.length > 0 && violations.every(({ rule }) => rule === 'http'));
    });
  });
});

describe('checkMedia', () => {
  const playlist = (durations: readonly number[]) =>
    readPlaylist(
      `#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-MAP:URI="init"\n${durations.map((duration, msn) => `#EXT-X-PART:DURATION=0.5,URI="${msn}.0"\n#EXT-X-PART:DURATION=0.5,URI="${msn}.1"\n#EXTINF:${duration},\n${msn}\n`).join('')}`,
    );
  const fragments = (from: number, to: number) => Buffer.concat(media.fragments.slice(from, to));
  const good = () =>
    new Map([
      ['init', media.init],
      ...[0, 1, 2].flatMap((msn): [string, Buffer][] => [
        [`${msn}`, fragments(msn * 10, msn * 10 + 10)],
        [`${msn}.0`, fragments(msn * 10, msn * 10 + 5)],
        [`${msn}.1`, fragments(msn * 10 + 5, msn * 10 + 10)],
      ]),
    ]);

  async function rulesBroken(
    durations: readonly number[],
    change: (files: Map<string, Buffer>) => void = () => {},
  ) {
    const files = good();
    change(files);
    const violations = await checkMedia(playlist(durations), { fetch: async (uri) => files.get(uri) });
    return [...new Set(violations.map(({ rule }) => rule))];
  }

  test('finds nothing wrong with good media', async () => {
    assert.deepEqual(await rulesBroken([1, 1, 1]), []);
  });

  test('catches durations that are not the media’s', async () => {
    assert.deepEqual(await rulesBroken([1, 1.0009, 1]), []);
    assert.deepEqual(await rulesBroken([1, 1, 1.0011]), ['media-times']);
  });

  test('catches media that is missing', async () => {
    assert.deepEqual(await rulesBroken([1, 1, 1], (files) => files.delete('2.0')), ['http']);
  });

  test('catches parts that are not their segment', async () => {
    assert.deepEqual(await rulesBroken([1, 1, 1], (files) => files.set('1.1', fragments(14, 20))), [
      'part-bytes',
    ]);
  });

  test('catches media that does not decode', async () => {
    const broken = await rulesBroken([1, 1, 1], (files) => {
      for (const name of ['1', '1.0', '1.1']) {
        const bytes = Buffer.from(files.get(name) ?? []);
        const mdat = bytes.indexOf('mdat');
        bytes.fill(0xff, mdat + 4, mdat + 60);
        files.set(name, bytes);
      }
    });
    assert.ok(broken.includes('decode'), broken.join());
  });
});
