import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { Picture } from '../../src/frames/picture.ts';
import { receivePictures } from '../../src/frames/picture-client.ts';
import { servePictures } from '../../src/frames/picture-server.ts';
import type { PictureView } from '../../src/frames/sampling.ts';
import { until } from '../until.ts';

const folder = mkdtempSync(join(tmpdir(), 'pictures-'));
after(() => rmSync(folder, { recursive: true }));
let sockets = 0;
function newPath(): string {
  sockets += 1;
  return join(folder, `${sockets}.sock`);
}

const [WIDTH, HEIGHT] = [640, 128];

/** A plain frame whose shade is its number. */
function frame(number: number, more: { discontinuity?: boolean; width?: number } = {}) {
  const width = more.width ?? WIDTH;
  return {
    ...{ pts: number * 40_000, date: 1_700_000_000_000_000 + number * 40_000, width, height: HEIGHT },
    ...{ data: new Uint8Array(width * HEIGHT * 4).fill(number), discontinuity: more.discontinuity ?? false },
  };
}

/** Reads pictures until it is told to stop. */
function reader(path: string, view: PictureView) {
  const over = new AbortController();
  const pictures: Picture[] = [];
  let ends = 0;
  const onEnd = () => {
    ends += 1;
  };
  const done = (async () => {
    for await (const picture of receivePictures(path, view, { signal: over.signal, onEnd }))
      pictures.push(picture);
  })();
  return {
    pictures,
    /** Those from this frame on: of the frames before it some may be under way still. */
    from: (number: number) => pictures.filter(({ pts }) => pts >= number * 40_000),
    ends: () => ends,
    async stop() {
      over.abort();
      await done;
    },
  };
}

/** Publishes frames until the reader has met one of them. */
async function untilMet(
  server: Awaited<ReturnType<typeof servePictures>>,
  { pictures }: { pictures: readonly Picture[] },
  from: number,
): Promise<number> {
  let number = from;
  const before = pictures.length;
  await until('the reader meets a picture', 10, () => {
    if (pictures.length === before) server.publish(frame(number++));
    return pictures.length > before;
  });
  return number;
}

describe('servePictures', () => {
  test('hands every frame on, whole and as wide as it is wanted, and the memory of the source is its own', async () => {
    const path = newPath();
    const server = await servePictures(path);
    const wide = reader(path, { width: 4096 });
    const narrow = reader(path, { width: 400 });
    let number = await untilMet(server, wide, 0);
    number = await untilMet(server, narrow, number);
    for (const count of [0, 1, 2]) {
      const given = frame(number + count, { discontinuity: count === 1 });
      server.publish(given);
      given.data.fill(0);
      await until('both have it', 10, () => [wide, narrow].every((one) => one.from(number).length > count));
    }
    const [one, other, third] = wide.from(number) as [Picture, Picture, Picture];
    assert.deepEqual(
      [one, other, third].map(({ pts, dropped, discontinuity }) => ({ pts, dropped, discontinuity })),
      [0, 1, 2].map((count) => ({
        pts: (number + count) * 40_000,
        ...{ dropped: 0, discontinuity: count === 1 },
      })),
    );
    assert.deepEqual({ width: one.width, height: one.height }, { width: WIDTH, height: HEIGHT });
    assert.ok(one.data.length === WIDTH * HEIGHT * 4 && one.data.every((byte) => byte === number));
    const small = narrow.pictures.at(-1) as Picture;
    assert.deepEqual({ width: small.width, height: small.height }, { width: 400, height: 80 });
    await Promise.all([wide.stop(), narrow.stop()]);
    server.close();
  });

  test('of one that reads slowly a single picture waits, the newest, and it says how many were lost', async () => {
    const path = newPath();
    const server = await servePictures(path);
    const over = new AbortController();
    const iterator = receivePictures(path, {}, { signal: over.signal });
    const first = iterator.next();
    let number = 0;
    let has = false;
    void first.then(() => {
      has = true;
    });
    await until('it meets a picture', 10, () => {
      if (!has) server.publish(frame(number++ % 250));
      return has;
    });
    let last = (await first).value as Picture;
    const before = number;
    // Many times of what a socket holds.
    for (let count = 0; count < 200; count += 1) {
      number += 1;
      server.publish({ ...frame(0), pts: number * 40_000 });
      await new Promise((resolve) => setImmediate(resolve));
    }
    let [seen, lost] = [0, 0];
    while (last.pts < number * 40_000) {
      last = (await iterator.next()).value as Picture;
      seen += 1;
      lost += last.dropped;
    }
    assert.ok(lost > 0 && seen < 200, `${seen} seen, ${lost} lost`);
    // What was published while it waited for its first one was seen or is still counted there.
    assert.ok(seen + lost <= number - before + 1 && seen + lost >= 200, `${seen} and ${lost} of 200`);
    over.abort();
    await iterator.return();
    server.close();
  });

  test('sends as many a second as are wanted, and those between are not lost', async () => {
    const path = newPath();
    const server = await servePictures(path);
    const one = reader(path, { fps: 5 });
    let number = await untilMet(server, one, 0);
    const before = number;
    for (let count = 0; count < 25; count += 1) {
      server.publish(frame(number++));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until('five', 10, () => one.from(before).length >= 5);
    const later = one.from(before);
    assert.equal(later.length, 5);
    assert.ok(later.every(({ dropped }) => dropped === 0));
    await one.stop();
    server.close();
  });

  test('is followed by another, also where one that was killed left its socket behind: a break is seen', async () => {
    const path = newPath();
    writeFileSync(path, '');
    const server = await servePictures(path);
    const one = reader(path, {});
    await untilMet(server, one, 0);
    server.close();
    const next = await servePictures(path);
    await untilMet(next, one, 100);
    assert.equal(one.from(100)[0]?.discontinuity, true);
    next.end();
    await until('it is told of the end', 10, () => one.ends() === 1);
    await one.stop();
    next.close();
  });

  test('leaves whoever asks nonsense, and goes on', async () => {
    const path = newPath();
    const server = await servePictures(path);
    for (const nonsense of ['GET / HTTP/1.1\r\n\r\n', Buffer.from([0, 0, 0, 2, 123, 123])]) {
      const socket = connect(path);
      socket.on('error', () => {});
      socket.write(nonsense);
      await new Promise((resolve) => socket.once('close', resolve));
    }
    const one = reader(path, {});
    await untilMet(server, one, 0);
    await one.stop();
    server.close();
  });
});
