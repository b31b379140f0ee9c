import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HlsStreamError } from '../../src/errors.ts';
import { renderMediaPlaylist } from '../../src/hls/media-playlist.ts';
import { initFile, listedOpenParts, type MediaState, mediaFolder } from '../../src/hls/playlist-log.ts';
import { ReloadChecker } from '../checker/reload-checker.ts';
import { Shelf } from '../thumbnails/shelf.ts';
import { PlainEncoder } from './plain-encoder.ts';
import { frameAt, later, openPackager, START, steady } from './real-packager.ts';

/** Storage that refuses what the test says. */
class FailingShelf extends Shelf {
  refuses: (path: string) => boolean = () => false;
  code: 'STORAGE_FAILED' | 'STORAGE_FULL' = 'STORAGE_FAILED';
  refused = 0;
  override async write(path: string, chunks: readonly Uint8Array[]): Promise<void> {
    if (this.refuses(path)) {
      this.refused += 1;
      throw new HlsStreamError(this.code, `cannot write ${path}: the disk is in trouble (EX)`);
    }
    assert.ok(!this.objects.has(path), `${path} is written twice`);
    await super.write(path, chunks);
  }
}

/** Listed files that are not there. */
function missing({ stream, segments, ...state }: MediaState, { objects }: Shelf): string[] {
  const folder = mediaFolder(stream.name, stream.epoch);
  const files = segments.flatMap(({ msn, run, parts, filler }) => [
    initFile(run),
    ...(filler?.kind === 'gap' ? [] : [`${msn}.m4s`]),
    ...parts.flatMap(({ bytes }, part) => (bytes > 0 ? [`${msn}.${part}.m4s`] : [])),
  ]);
  files.push(...listedOpenParts({ stream, segments, ...state }).map(({ msn, part }) => `${msn}.${part}.m4s`));
  return files.filter((file) => !objects.has(`${folder}/${file}`));
}

describe('a packager whose storage takes nothing', () => {
  const cases: readonly [string, RegExp][] = [
    ['an init segment', /init-/],
    ['the first part of a segment', /\/2\.0\.m4s$/],
    ['a part in the middle', /\/2\.2\.m4s$/],
    ['the last part of a segment', /\/2\.4\.m4s$/],
    ['a segment', /\/2\.m4s$/],
    ['the only part of a segment', /\/0\.0\.m4s$/],
  ];
  for (const [what, first] of cases) {
    test(`lists gaps from ${what} on, no file that is not there, and goes on by itself`, async () => {
      const storage = new FailingShelf();
      let now = 0;
      const { packager, state, events, frames, close } = await openPackager(600, undefined, undefined, {
        ...{ storage, encoder: new PlainEncoder(), paced: false },
        now: () => now,
      });
      let broken = false;
      storage.refuses = (path) => {
        broken ||= first.test(path);
        return broken;
      };
      const checks: string[][] = [];
      const checker = new ReloadChecker();
      let version = 0;
      const timed = function* () {
        for (const frame of steady(10)) {
          now = frame.pts / 1000;
          // Six seconds in, the disk is well again.
          if (frame.pts >= 6e6) storage.refuses = () => false;
          checks.push(missing(state, storage));
          if (state.segments.length > 0 && state.version > version)
            checker.feed(renderMediaPlaylist(state, { dateRanges: [] }), now);
          version = state.version;
          yield frame;
        }
      };
      await packager.package(later(timed()), () => true);
      assert.deepEqual(checks.flat(), []);
      assert.deepEqual(checker.violations, []);
      assert.deepEqual(missing(state, storage), []);
      assert.deepEqual(
        events.filter(({ type }) => type.startsWith('storage')).map(({ type }) => type),
        ['storage-failed', 'storage-back'],
      );
      assert.equal(events.filter(({ type }) => type === 'encoder-failed').length, 0);
      const { segments } = state;
      assert.deepEqual(
        segments.map(({ msn }) => msn),
        segments.map((_, index) => index),
      );
      const gaps = segments.filter(({ filler }) => filler?.kind === 'gap');
      // With nothing listed before there is nothing to go on with.
      const listsGaps = !/init|only/.test(what);
      assert.equal(gaps.length >= 3, listsGaps, `${gaps.length} gaps`);
      for (const [index, segment] of segments.entries()) {
        const before = segments[index - 1];
        if (before === undefined) continue;
        assert.ok(segment.pts >= before.pts + before.duration);
        assert.equal(segment.date - segment.pts, before.date - before.pts);
      }
      // Half a second after the disk is well at the latest.
      const back = frames.map(({ date }) => date - START).find((seconds) => seconds >= 6e6);
      assert.ok(back !== undefined && back <= 6.5e6, `${back}`);
      assert.equal(segments.at(-1)?.filler, undefined);
      await close();
    });
  }

  test('shows the slate when the source is silent as well, as soon as the storage takes it', async () => {
    const storage = new FailingShelf();
    const { packager, state, events, close } = await openPackager(600, undefined, undefined, {
      ...{ storage, encoder: new PlainEncoder(), inputLoss: 'slate', stall: 500_000 },
    });
    const until = async (condition: () => boolean) => {
      while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    const fails = async () => {
      storage.refuses = () => true;
    };
    const silent = async () => {
      await until(() => events.some(({ type }) => type === 'silent'));
      await until(() => storage.refused > 3);
      storage.refuses = () => false;
      await until(() => state.segments.at(-1)?.filler?.kind === 'slate');
    };
    await packager.package(later(steady(1), fails, [frameAt(1e6), frameAt(1.3e6)], silent), () => true);
    assert.deepEqual(missing(state, storage), []);
    const kinds = state.segments.map(({ filler }) => filler?.kind ?? 'shown');
    assert.equal(kinds.at(-1), 'slate', kinds.join());
    await close();
  });
});
