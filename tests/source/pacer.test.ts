import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { timeOfTicks, toSeconds } from '../../src/clock.ts';
import { Pacer, type PacerClock, type SkipReport, sleepUntil, systemClock } from '../../src/source/pacer.ts';

/** A clock that moves only when slept on or pushed. */
class HandClock implements PacerClock {
  time = 5_000;
  slept = 0;
  now = () => this.time;
  sleep = async (time: number) => {
    this.slept++;
    this.time += time;
  };
}

describe('Pacer', () => {
  test('ticks come at the beginning plus n over the rate, and no error adds up', async () => {
    const clock = new HandClock();
    let worst = 0;
    for await (const tick of new Pacer({ frameRate: 29.97, clock })) {
      worst = Math.max(worst, Math.abs(clock.time - (5_000 + timeOfTicks(tick, 29.97))));
      clock.time += 7_000;
      if (tick === 10_000) break;
    }
    assert.ok(worst < 0.01, `${worst} µs`);
  });

  test('it sleeps once a tick and never spins', async () => {
    const clock = new HandClock();
    for await (const tick of new Pacer({ frameRate: 30, clock })) if (tick === 100) break;
    assert.equal(clock.slept, 100);
  });

  test('a timer that fires early is waited for again', async () => {
    const clock = new HandClock();
    clock.sleep = async (time) => {
      clock.time += Math.max(1, Math.floor(time * 0.99));
    };
    for await (const tick of new Pacer({ frameRate: 10, clock })) {
      assert.ok(clock.time >= 5_000 + tick * 100_000);
      if (tick === 3) break;
    }
  });

  test('missed ticks are skipped and counted, and the next one is on time', async () => {
    const clock = new HandClock();
    const ticks: number[] = [];
    const pacer = new Pacer({ frameRate: 10, clock });
    for await (const tick of pacer) {
      ticks.push(tick);
      if (tick === 1) clock.time += 350_000;
      if (tick === 6) break;
    }
    assert.deepEqual(ticks, [0, 1, 4, 5, 6]);
    assert.equal(pacer.skipped, 2);
    assert.equal(clock.time, 5_000 + 600_000);
  });

  test('skipped ticks are reported at most every ten seconds, none of them silently', async () => {
    const clock = new HandClock();
    const reports: (SkipReport & { at: number })[] = [];
    const pacer = new Pacer({
      frameRate: 10,
      clock,
      onSkipped: (report) => reports.push({ ...report, at: Math.round(toSeconds(clock.time)) }),
    });
    for await (const tick of pacer) {
      if (tick < 50) clock.time += 150_000;
      if (tick > 250) break;
    }
    assert.equal(reports.length, 2);
    assert.equal(
      reports.reduce((sum, { skipped }) => sum + skipped, 0),
      pacer.skipped,
    );
    assert.ok((reports[1]?.at ?? 0) - (reports[0]?.at ?? 0) >= 10);
  });

  test('aborting ends the ticks while it sleeps, and leaves no timer and no listener', async () => {
    const stop = new AbortController();
    const ticks: number[] = [];
    for await (const tick of new Pacer({ frameRate: 0.001, signal: stop.signal })) {
      ticks.push(tick);
      setImmediate(() => stop.abort());
    }
    assert.deepEqual(ticks, [0]);
    assert.ok(!process.getActiveResourcesInfo().includes('Timeout'));
  });
});

describe('sleepUntil', () => {
  test('the system clock wakes at or after the deadline', async () => {
    const deadline = systemClock.now() + 12_345;
    assert.equal(await sleepUntil(deadline), true);
    assert.ok(systemClock.now() >= deadline);
  });

  test('an aborted signal is answered with false at once', async () => {
    assert.equal(await sleepUntil(Number.POSITIVE_INFINITY, systemClock, AbortSignal.abort()), false);
  });
});
