import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { findFfmpeg, isTooOld, listEncoders, requireEncoder } from '../../src/ffmpeg/find.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hlsstream-find-'));
});
after(() => rm(folder, { recursive: true }));

/** A program that says this on stdout. */
async function program(says: string): Promise<string> {
  const path = join(folder, `ffmpeg-${Math.random().toString(36).slice(2)}`);
  await writeFile(path, `#!/bin/sh\ncat <<'END'\n${says}\nEND\n`);
  await chmod(path, 0o755);
  return path;
}

describe('findFfmpeg', () => {
  test('the one in PATH is found with its version', async () => {
    const { path, version } = await findFfmpeg();
    assert.equal(path, 'ffmpeg');
    assert.match(version, /^\S+$/);
  });

  test('a release below 5.1 is refused and named', async () => {
    const old = await program('ffmpeg version 4.4.2-0ubuntu0.22.04.1 Copyright (c) 2000-2021');
    await assert.rejects(findFfmpeg(old), {
      code: 'FFMPEG_TOO_OLD',
      message: `${old} is ffmpeg 4.4.2-0ubuntu0.22.04.1; install 5.1 or later, or name one with --ffmpeg`,
    });
  });

  test('what is missing, not executable or no ffmpeg is FFMPEG_NOT_FOUND', async () => {
    const other = await program('GNU something 1.0');
    const dull = await program('ffmpeg version 7.0');
    await chmod(dull, 0o644);
    for (const path of [other, dull, join(folder, 'missing'), '/bin/false', folder]) {
      await assert.rejects(findFfmpeg(path), { code: 'FFMPEG_NOT_FOUND' }, path);
    }
  });
});

describe('isTooOld', () => {
  test('releases are compared by number; builds from git are taken', () => {
    for (const version of ['5.0', '5.0.1', '4.4.2-0ubuntu0.22.04.1', 'n4.3', '0.11']) {
      assert.equal(isTooOld(version), true, version);
    }
    for (const version of [
      '5.1',
      '5.1.9-0+deb12u1',
      '6.0',
      'n7.1',
      '10.0',
      'N-109542-gabc',
      'git-2020-01-01-abc',
      '2023-05-04-git-abc',
    ]) {
      assert.equal(isTooOld(version), false, version);
    }
  });
});

describe('requireEncoder', () => {
  test('an encoder that the program has is fine', async () => {
    await requireEncoder('ffmpeg', 'libx264');
    assert.ok((await listEncoders('ffmpeg')).has('rawvideo'));
  });

  test('one that it lacks is ENCODER_UNAVAILABLE with those to choose from', async () => {
    await assert.rejects(requireEncoder('ffmpeg', 'h264_dream'), (error: Error & { code: string }) => {
      assert.equal(error.code, 'ENCODER_UNAVAILABLE');
      assert.match(error.message, /has no encoder h264_dream; choose one it has with --encoder: .*libx264/);
      return true;
    });
  });
});
