import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { markerToJson } from '../../src/hls/marker-query.ts';
import type { EventType, HookEvent } from '../../src/hooks/event.ts';
import { Lanes, type Outcome } from '../../src/hooks/lanes.ts';
import { marker } from './telling.ts';

const SENT: Outcome = { type: 'sent' };
const FAILED: Outcome = { type: 'failed', reason: 'answered 500' };

function event(of: string, type: EventType = 'marker.begun'): HookEvent {
  return {
    ...{ id: `${of} ${type}`, type, timestamp: '2026-11-27T12:00:00.000Z', stream: 'yard' },
    marker: markerToJson(marker(of)),
  };
}

function lanesWith(events: readonly HookEvent[], random = 1): Lanes {
  const lanes = new Lanes({ concurrency: 8, random: () => random });
  for (const each of events) lanes.add(each);
  return lanes;
}

/** All that may be sent now, each taken. */
function send(lanes: Lanes, now: number): string[] {
  const sent: string[] = [];
  for (let next = lanes.next(now); next !== undefined; next = lanes.next(now)) {
    sent.push(next.id);
    lanes.settle(next, SENT, now);
  }
  return sent;
}

describe('Lanes', () => {
  test('send what happened to a marker in its order, one after the other', () => {
    const lanes = lanesWith([event('a'), event('a', 'marker.changed'), event('a', 'marker.ended')]);
    const first = lanes.next(0);
    assert.equal(first?.id, 'a marker.begun');
    assert.equal(lanes.next(0), undefined);
    lanes.settle(event('a'), SENT, 0);
    assert.deepEqual(send(lanes, 0), ['a marker.changed', 'a marker.ended']);
    assert.equal(lanes.size, 0);
  });

  test('let no marker wait for another that is slow or refused', () => {
    const lanes = lanesWith([
      event('slow'),
      event('slow', 'marker.ended'),
      event('refused'),
      event('c'),
      event('d'),
    ]);
    assert.equal(lanes.next(0)?.id, 'slow marker.begun');
    const refused = lanes.next(0) as HookEvent;
    lanes.settle(refused, FAILED, 0);
    assert.deepEqual(send(lanes, 0), ['c marker.begun', 'd marker.begun']);
    // The one under way keeps its place, and the refused one comes again after its pause.
    assert.equal(lanes.next(999), undefined);
    assert.equal(lanes.wait(999), 1);
    assert.equal(lanes.next(1000)?.id, 'refused marker.begun');
  });

  test('wait a random part of a pause that doubles, up to five minutes', () => {
    for (const [random, pauses] of [
      [1, [1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000]],
      [0.5, [500, 1000, 2000, 4000]],
      [0, [0, 0, 0]],
    ] as const) {
      const lanes = lanesWith([event('a')], random);
      let now = 0;
      for (const pause of pauses) {
        const next = lanes.next(now) as HookEvent;
        lanes.settle(next, FAILED, now);
        assert.equal(lanes.wait(now), pause);
        now += pause;
      }
    }
  });

  test('send nothing at all before a pause is over that the receiver asked for, but no longer than an hour', () => {
    const lanes = lanesWith([event('a'), event('b')], 0);
    lanes.settle(lanes.next(0) as HookEvent, { type: 'failed', reason: 'answered 429', after: 30_000 }, 0);
    assert.equal(lanes.next(29_999), undefined);
    assert.equal(lanes.wait(10_000), 20_000);
    const next = lanes.next(30_000) as HookEvent;
    lanes.settle(next, { type: 'failed', reason: 'answered 503', after: 1e12 }, 30_000);
    assert.equal(lanes.wait(30_000), 3_600_000);
  });

  test('try few at once while nothing gets through, and all at once when something has', () => {
    const lanes = lanesWith(Array.from({ length: 20 }, (_, n) => event(`m${n}`)));
    const first = Array.from({ length: 8 }, () => lanes.next(0) as HookEvent);
    assert.equal(lanes.next(0), undefined);
    for (const each of first) lanes.settle(each, FAILED, 0);
    assert.equal(lanes.failing, true);
    const probes = [lanes.next(500), lanes.next(500)] as HookEvent[];
    assert.deepEqual(
      probes.map(({ id }) => id),
      ['m8 marker.begun', 'm9 marker.begun'],
    );
    assert.equal(lanes.next(500), undefined);
    for (const probe of probes) lanes.settle(probe, SENT, 500);
    assert.equal(lanes.failing, false);
    // Those that failed do not wait for the rest of their pause.
    assert.equal(send(lanes, 500).length, 18);
  });

  test('send soon again what a lost connection has interrupted', () => {
    const lanes = lanesWith([event('a')]);
    for (let n = 0; n < 10; n += 1) {
      lanes.settle(lanes.next(n * 100) as HookEvent, { type: 'interrupted', reason: 'gone' }, n * 100);
      assert.equal(lanes.wait(n * 100), 100);
    }
    assert.equal(lanes.failing, false);
  });

  test('drop whole markers whose begin was not sent before ends of those whose begin was', () => {
    const lanes = lanesWith([
      event('told', 'marker.ended'),
      event('a'),
      event('a', 'marker.ended'),
      event('b'),
    ]);
    const ids = () => lanes.dropOldest().map(({ id }) => id);
    assert.deepEqual(ids(), ['a marker.begun', 'a marker.ended']);
    assert.equal(lanes.next(0)?.id, 'told marker.ended');
    assert.deepEqual(ids(), ['b marker.begun']);
    // What is under way is not dropped.
    assert.deepEqual(ids(), []);
    assert.equal(lanes.size, 1);
  });
});
