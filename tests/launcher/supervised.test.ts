import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { describe, test } from 'node:test';
import { type Departure, Supervised } from '../../src/launcher/supervised.ts';
import { unexpected } from '../unexpected.ts';

describe('Supervised', () => {
  test('starts a child whose source failed again soon, and has it wait to open that, longer each time unless it lived long with it', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] });
    t.mock.method(performance, 'now', () => Date.now());
    const starts: { readonly at: number; readonly predecessor: Departure | undefined }[] = [];
    const left: Departure[] = [];
    let child = new EventEmitter();
    const supervised = new Supervised(
      'stream',
      (predecessor) => {
        starts.push({ at: Date.now(), predecessor });
        child = Object.assign(new EventEmitter(), { pid: starts.length, kill: () => true });
        return child as ChildProcess;
      },
      {
        ...{ started: () => {}, ready: () => {}, message: () => {}, failed: unexpected },
        hangs: unexpected,
        left: (departure) => left.push(departure),
        blamesSource: ({ code }) => code === 'SOURCE_FAILED',
      },
    );
    /** The child dies when its source has run for so long, in milliseconds. */
    const dies = (after: number, code: string) => {
      const { sourceAt = 0 } = starts.at(-1)?.predecessor ?? {};
      t.mock.timers.tick(Math.max(0, sourceAt - Date.now()) + after);
      child.emit('message', ['ready']);
      child.emit('message', ['failed', { code, message: 'the lens cap is on' }]);
      const at = Date.now();
      child.emit('exit', 1, null);
      const count = starts.length;
      while (starts.length === count) t.mock.timers.tick(1);
      const { pause = 0, sourceAt: next = at + pause } = left.at(-1) ?? {};
      return { pause, source: next - at, start: (starts.at(-1)?.at ?? 0) - at };
    };

    supervised.start();
    const held = Array.from({ length: 8 }, () => dies(1000, 'SOURCE_FAILED'));
    const pauses = [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000];
    assert.deepEqual(
      held,
      pauses.map((pause) => ({ pause, source: pause, start: 250 })),
    );
    // What fails otherwise is not started any sooner.
    assert.deepEqual(dies(1000, 'ENCODER_FAILED'), { pause: 10_000, source: 10_000, start: 10_000 });
    // No timer is shorter than a millisecond.
    assert.deepEqual(dies(10_000, 'SOURCE_FAILED'), { pause: 0, source: 0, start: 1 });
    supervised.kill();
  });

  test('ends one that answers no more, gently and then for good, and says so when it has left', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    let now = 0;
    t.mock.method(performance, 'now', () => now);
    const pass = (milliseconds: number) => {
      for (let passed = 0; passed < milliseconds; passed += 100) {
        now += 100;
        t.mock.timers.tick(100);
      }
    };
    const signals: string[] = [];
    const hung: string[] = [];
    const left: Departure[] = [];
    const child = Object.assign(new EventEmitter(), {
      ...{ pid: 1, kill: (signal: string) => signals.push(signal) > 0 },
    });
    const supervised = new Supervised('api 2', () => child as unknown as ChildProcess, {
      ...{ started: () => {}, ready: () => {}, message: () => {}, failed: unexpected },
      hangs: ({ code, message }) => hung.push(`${code} ${message}`),
      left: (departure) => left.push(departure),
    });
    supervised.start();
    child.emit('message', ['ready']);
    for (let second = 0; second < 60; second += 4) {
      pass(4000);
      child.emit('message', second % 8 ? ['pong'] : ['store', []]);
    }
    assert.deepEqual([hung, signals], [[], []]);
    pass(5000);
    assert.match(hung.join(), /^CHILD_HANGS api 2 has not answered for 5 s/);
    assert.deepEqual(signals, ['SIGTERM']);
    pass(300);
    assert.deepEqual(signals, ['SIGTERM', 'SIGKILL']);
    child.emit('exit', null, 'SIGKILL');
    assert.deepEqual(
      left.map(({ error, times }) => [error?.code, times]),
      [['CHILD_HANGS', 1]],
    );
    supervised.kill();
  });

  test('does not take one that could not be started for one that hangs', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] });
    t.mock.method(performance, 'now', () => Date.now());
    const children: EventEmitter[] = [];
    const supervised = new Supervised(
      'api',
      () => {
        const pid = children.length === 1 ? undefined : 1;
        children.push(Object.assign(new EventEmitter(), { pid, kill: () => true }));
        return children.at(-1) as ChildProcess;
      },
      {
        ...{ started: () => {}, ready: () => {}, message: () => {}, left: () => {}, failed: unexpected },
        hangs: unexpected,
      },
    );
    supervised.start();
    children[0]?.emit('message', ['ready']);
    children[0]?.emit('exit', null, 'SIGKILL');
    t.mock.timers.tick(1000);
    children[1]?.emit('error', new Error('spawn EAGAIN'));
    for (let second = 0; second < 60; second += 1) {
      t.mock.timers.tick(1000);
      children[2]?.emit('message', ['pong']);
    }
    assert.equal(children.length, 3);
    supervised.kill();
  });

  test('holds what it is to tell a child until that listens, each process anew', async () => {
    const told: string[] = [];
    const children: EventEmitter[] = [];
    const supervised = new Supervised(
      'api',
      () => {
        const pid = children.length + 1;
        const send = (message: unknown) => told.push(`${pid} ${message}`);
        children.push(Object.assign(new EventEmitter(), { pid, connected: true, send, kill: () => true }));
        return children.at(-1) as ChildProcess;
      },
      {
        ...{ started: () => {}, ready: () => {}, message: () => {}, left: () => {} },
        ...{ hangs: unexpected, failed: unexpected },
      },
    );
    supervised.start();
    supervised.send(['reload']);
    assert.deepEqual(told, []);
    children[0]?.emit('message', ['listening']);
    supervised.send(['troubles', 'none']);
    assert.deepEqual(told, ['1 reload', '1 troubles,none']);
    children[0]?.emit('message', ['ready']);
    children[0]?.emit('exit', null, 'SIGKILL');
    supervised.start();
    const stopped = supervised.stop(60_000);
    assert.equal(told.length, 2);
    children[1]?.emit('message', ['listening']);
    assert.deepEqual(told.slice(2), ['2 stop']);
    children[1]?.emit('exit', 0, null);
    await stopped;
  });

  test('takes a child that never answers for one that cannot start', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    let now = 0;
    t.mock.method(performance, 'now', () => now);
    const failures: string[] = [];
    const child = Object.assign(new EventEmitter(), { pid: 1, kill: () => true });
    const supervised = new Supervised('sync', () => child as unknown as ChildProcess, {
      ...{
        started: () => {},
        ready: () => {},
        message: () => {},
        hangs: () => {},
        left: unexpected,
      },
      failed: ({ code, message }) => failures.push(`${code} ${message}`),
    });
    supervised.start();
    for (let half = 0; half < 60; half += 1) {
      now += 500;
      t.mock.timers.tick(500);
    }
    child.emit('exit', null, 'SIGKILL');
    assert.match(failures.join(), /^CHILD_HANGS sync has not answered for 30 s/);
  });
});
