import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import {
  createFramesPublisher,
  type FramesPublisher,
  followFrames,
  framesChannelName,
} from '../../src/frames/frames-channel.ts';
import type { Picture } from '../../src/frames/picture.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import type { Store } from '../../src/store/store.ts';
import { hangBound } from '../hang-bound.ts';
import { ForkedStore, kill } from '../store/forked-store.ts';

const channel = framesChannelName('room');

function frame(number: number, more: { discontinuity?: boolean } = {}) {
  const pts = number * 40_000;
  const data = new Uint8Array(320 * 180 * 4).fill(number);
  return { pts, date: 1e15 + pts, width: 320, height: 180, data, discontinuity: false, ...more };
}

/** Collects the pictures of a stream. */
function collect(store: Store) {
  const stop = new AbortController();
  const pictures: Picture[] = [];
  let ends = 0;
  const onEnd = () => {
    ends += 1;
  };
  const done = (async () => {
    for await (const picture of followFrames(store, 'room', { signal: stop.signal, onEnd }))
      pictures.push(picture);
  })();
  return {
    pictures,
    ends: () => ends,
    async close() {
      stop.abort();
      await done;
    },
  };
}

async function until(met: () => boolean | Promise<boolean>) {
  const deadline = Date.now() + hangBound(10);
  while (!(await met())) {
    assert.ok(Date.now() < deadline, 'it did not come about');
    await turn();
  }
}

/** Offers a frame, which makes the publisher look for listeners, until it has found one. */
async function heard(publisher: FramesPublisher, advance: () => void) {
  let number = 0;
  const before = publisher.counts.published;
  while (publisher.counts.published === before) {
    advance();
    publisher.publish(frame(number));
    await turn();
    number += 1;
    assert.ok(number < 10_000);
  }
  return number;
}

/** A clock the test turns by itself. */
function clock() {
  let time = 0;
  return {
    now: () => time,
    advance: () => {
      time += 500;
    },
  };
}

describe('the frames channel', () => {
  test('brings each frame of a shared message by itself, also one that is left alone', async () => {
    const store = new MemoryStore();
    const { now, advance } = clock();
    const publisher = createFramesPublisher(store, 'room', { now, batch: 2 });
    const follower = collect(store);
    const first = (await heard(publisher, advance)) - 1;
    for (const next of [1, 2, 3, 4]) publisher.publish(frame(first + next));
    await until(() => follower.pictures.length >= 5);
    assert.deepEqual(
      follower.pictures.map(({ pts }) => pts),
      [0, 1, 2, 3, 4].map((next) => (first + next) * 40_000),
    );
    assert.deepEqual(
      follower.pictures.map(({ data, width, height }) => [data[0], data.length === width * height * 4]),
      [0, 1, 2, 3, 4].map((next) => [(first + next) % 256, true]),
    );
    assert.deepEqual(
      follower.pictures.slice(1).map(({ dropped }) => dropped),
      [0, 0, 0, 0],
    );
    await follower.close();
    await store.close();
  });

  test('sends nothing while nobody listens, and asks twice a second at most', async () => {
    const store = new MemoryStore();
    const { now, advance } = clock();
    let [asked, published] = [0, 0];
    const subscribers = store.subscribers.bind(store);
    store.subscribers = (name) => {
      asked += 1;
      return subscribers(name);
    };
    store.publish = async () => {
      published += 1;
      return 0;
    };
    const publisher = createFramesPublisher(store, 'room', { now });
    for (let second = 0; second < 5; second += 1) {
      for (let i = 0; i < 15; i += 1) publisher.publish(frame(i));
      await turn();
      advance();
    }
    assert.deepEqual([asked, published, publisher.counts.published], [5, 0, 0]);
  });

  test('carries small pictures with their times, and says how many were lost before the first', async () => {
    const store = new MemoryStore();
    const { now, advance } = clock();
    const publisher = createFramesPublisher(store, 'room', { now });
    for (let i = 0; i < 7; i += 1) publisher.publish(frame(i));
    const follower = collect(store);
    await until(async () => (await store.subscribers(channel)) === 1);
    const missed = 7 + (await heard(publisher, advance)) - 1;
    const source = frame(90);
    publisher.publish(source);
    source.data.fill(0);
    await until(() => follower.pictures.length === 2);
    const [first, second] = follower.pictures as [Picture, Picture];
    assert.equal(first.dropped, missed);
    const { data, ...rest } = second;
    const expected = { pts: 3_600_000, date: 1e15 + 3_600_000, width: 160, height: 90 };
    assert.deepEqual(rest, { ...expected, dropped: 0, discontinuity: false });
    assert.equal(data[0], 90, 'what the owner draws into the frame later is not sent');
    await follower.close();
  });

  test('drops the oldest when the store does not answer, and the follower knows', async () => {
    const store = new MemoryStore();
    const { now, advance } = clock();
    const publisher = createFramesPublisher(store, 'room', { now, queue: 10 });
    const follower = collect(store);
    await until(async () => (await store.subscribers(channel)) === 1);
    await heard(publisher, advance);
    await until(() => follower.pictures.length === 1);
    const publish = store.publish.bind(store);
    const held: (() => void)[] = [];
    store.publish = async (name, value) => {
      await new Promise<void>((resolve) => held.push(resolve));
      return publish(name, value);
    };
    for (let i = 0; i < 50; i += 1) publisher.publish(frame(100 + i, { discontinuity: i === 20 }));
    assert.equal(held.length, 8, 'only a few are under way');
    assert.equal(publisher.counts.dropped, 32);
    store.publish = publish;
    for (const answer of held) answer();
    await until(() => follower.pictures.length === 19);
    const after = follower.pictures.slice(1);
    assert.deepEqual(
      after.map(({ pts }) => pts / 40_000),
      [...Array(8).keys(), ...Array.from({ length: 10 }, (_, i) => 40 + i)].map((i) => 100 + i),
    );
    assert.deepEqual(
      after.filter(({ dropped }) => dropped > 0).map(({ pts, dropped }) => [pts / 40_000, dropped]),
      [[140, 32]],
    );
    assert.deepEqual(
      after.filter(({ discontinuity }) => discontinuity).map(({ pts }) => pts / 40_000),
      [140],
      'a break is not lost with its first frame',
    );
    await follower.close();
  });

  test('tells a new stream process by a break, and the end of the source from an orderly stop', async () => {
    const store = new MemoryStore();
    const { now, advance } = clock();
    const follower = collect(store);
    await until(async () => (await store.subscribers(channel)) === 1);
    const first = createFramesPublisher(store, 'room', { now });
    await heard(first, advance);
    await first.end();
    await until(() => follower.ends() === 1);
    const second = createFramesPublisher(store, 'room', { now });
    await heard(second, advance);
    await until(() => follower.pictures.length === 2);
    assert.deepEqual(
      follower.pictures.map(({ discontinuity }) => discontinuity),
      [false, true],
    );
    await store.close();
    await follower.close();
  });

  test('goes on when sync was killed and came back', async () => {
    const processes = new ForkedStore();
    try {
      const sync = await processes.startSync();
      const [sender, receiver] = [processes.client(), processes.client()];
      const { now, advance } = clock();
      const publisher = createFramesPublisher(sender, 'room', { now });
      const follower = collect(receiver);
      await until(async () => (await sender.subscribers(channel)) === 1);
      await heard(publisher, advance);
      await until(() => follower.pictures.length > 0);
      const before = follower.pictures.length;
      await kill(sync);
      for (let i = 0; i < 20; i += 1) publisher.publish(frame(i));
      await processes.startSync();
      await until(async () => (await sender.subscribers(channel).catch(() => 0)) === 1);
      await heard(publisher, advance);
      await until(() => follower.pictures.length > before);
      const next = follower.pictures[before] as Picture;
      assert.ok(next.dropped >= 19, `${next.dropped} lost`);
      assert.equal(next.discontinuity, false);
      await follower.close();
    } finally {
      await processes.close();
    }
  });
});
