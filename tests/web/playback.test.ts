import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  newPlayback,
  type Playback,
  type PlaybackEffect,
  type PlaybackEvent,
  playerState,
  reduce,
} from '../../web/player/playback.ts';
import type { PlayerSource } from '../../web/player/player-state.ts';
import { nothingSeen, type Seen } from '../../web/player/seen.ts';

const source: PlayerSource = {
  playlist: '/p',
  window: 60,
  frameRate: 30,
  partTarget: 0.333,
  targetDuration: 2,
  partHoldBack: 1,
  holdBack: 6,
};
/** A minute of media that ends just now, as it is seen while it plays; the date of player time 0 is 1000 s. */
const now = 1061e6;
const plays: Seen = {
  ...{ ...nothingSeen, now, clock: [{ date: 1000e6, duration: 60.5e6, time: 0 }], time: 59.9, paused: false },
  ...{ hasFrame: true, ahead: 0.5, list: { endList: false, parts: true } },
};
const seen = (more: Partial<Seen> = {}): PlaybackEvent => ({ type: 'seen', seen: { ...plays, ...more } });
const tick: PlaybackEvent = { type: 'tick', elapsed: 0.1 };
const event = (type: 'live' | 'toggle' | 'grab' | 'release' | 'refused' | 'shown'): PlaybackEvent => ({
  type,
});
const show = (date: number): PlaybackEvent => ({ type: 'show', date });
const load = (keepPlace: boolean): PlaybackEvent => ({ type: 'load', source, keepPlace });

function inWords(effect: PlaybackEffect): string {
  if (effect.type === 'find') return ['find', ...(effect.frame ? [effect.frame.date] : [])].join(' ');
  return Object.values(effect).join(' ');
}

/** The state after events, and the effects of them all in words. */
function run(events: readonly PlaybackEvent[], from: Playback = newPlayback) {
  let state = from;
  const effects: string[] = [];
  for (const one of events) {
    const reduced = reduce(state, one);
    state = reduced.state;
    effects.push(...reduced.effects.map(inWords));
  }
  return { state, effects, told: playerState(state) };
}
const live = run([load(false), seen(), tick]).state;
const paused = run([event('toggle'), seen({ paused: true })], live).state;

describe('playback', () => {
  test('begins at the live edge, by itself', () => {
    assert.deepEqual(run([load(false), seen(), tick]).effects.slice(0, 3), ['find', 'load /p', 'play']);
    const { following, paused: stands, picture } = playerState(live);
    assert.deepEqual([following, stands, picture], [true, false, true]);
  });

  test('is paused with its first picture when that is wanted before, and does not go on to its distance', () => {
    const far = seen({ time: 58, ahead: 2.5 });
    assert.ok(run([load(false), far, tick]).effects.includes('seek 59.88'));
    const { effects, told } = run([
      load(false),
      event('toggle'),
      far,
      tick,
      seen({ time: 58, paused: true }),
    ]);
    assert.deepEqual(effects, ['find', 'load /p', 'play', 'pause']);
    assert.deepEqual([told.paused, told.following], [true, false]);
  });

  test('pauses for a step, which waits for the frame that is looked for', () => {
    const step: PlaybackEvent = { type: 'step', sign: -1 };
    const { effects, told } = run([step, seen({ paused: true })], live);
    assert.deepEqual(effects, ['pause', 'step -1']);
    assert.deepEqual([told.paused, told.following], [true, false]);
    assert.deepEqual(run([show(1010e6), seen({ paused: true }), step], live).effects, [
      ...['pause', 'find 1010000000', 'step -1'],
    ]);
  });

  test('stands while a frame is looked for, and does not call that a pause', () => {
    const { effects, told } = run([show(1010e6), seen({ paused: true, time: 10 })], live);
    assert.deepEqual(effects, ['pause', 'find 1010000000']);
    assert.deepEqual([told.paused, told.held, told.following], [false, true, false]);
    const after = run([show(1010e6), seen({ paused: true, time: 10 }), event('shown')], live);
    assert.equal(after.effects.at(-1), 'play');
  });

  test('goes on when another frame, a place or live is wanted meanwhile', () => {
    const waits = run([show(1010e6), seen({ paused: true, time: 10 })], live).state;
    const again = run([show(1020e6), seen({ paused: true, time: 20 }), event('shown')], waits);
    assert.deepEqual(again.effects, ['find 1020000000', 'play']);
    assert.deepEqual(run([{ type: 'seek', time: 30 }], waits).effects, ['find', 'seek 30', 'play']);
    const { effects, told } = run([event('live')], waits);
    assert.deepEqual([effects[0], effects.at(-1), told.following], ['find', 'play', true]);
  });

  test('stays where it is when the viewer pauses meanwhile, and when it was paused before', () => {
    const waits = run([show(1010e6), seen({ paused: true, time: 10 }), event('toggle')], live);
    assert.equal(waits.told.paused, true);
    assert.deepEqual(run([event('shown')], waits.state).effects, []);
    assert.deepEqual(run([show(1010e6), seen({ paused: true }), event('shown')], paused).effects, [
      'find 1010000000',
    ]);
  });

  test('a press on the handle holds it until it is let go', () => {
    const { effects } = run([event('grab'), seen({ paused: true }), { type: 'seek', time: 9 }], live);
    assert.deepEqual(effects, ['pause', 'find', 'seek 9']);
    const held = run([show(1010e6), seen({ paused: true }), event('grab'), { type: 'seek', time: 9 }], live);
    assert.equal(held.effects.includes('play'), false);
    assert.equal(run([event('release')], held.state).effects.at(-1), 'play');
    assert.deepEqual(run([event('grab'), { type: 'seek', time: 9 }, event('release')], paused).effects, [
      'find',
      'seek 9',
    ]);
  });

  test('takes a pause that nobody here asked for as the wish of the viewer, and one to play, too', () => {
    const system = run([seen({ paused: true })], live);
    assert.deepEqual([system.told.paused, system.effects], [true, []]);
    assert.equal(run([seen()], system.state).told.paused, false);
    // While it stands for a frame, it goes on standing.
    const waits = run([show(1010e6), seen({ paused: true }), event('toggle')], live).state;
    const { effects, told } = run([seen({ paused: false })], waits);
    assert.deepEqual([effects, told.paused], [['pause'], false]);
  });

  test('follows the live edge after a short pause, and no longer after a long one', () => {
    const later = (seconds: number) =>
      run([seen({ paused: true, now: now + seconds * 1e6 }), event('toggle')], paused);
    assert.equal(later(2).told.following, true);
    assert.equal(later(20).told.following, false);
  });

  test('begins anew where the viewer was, also where they were not shown yet, and paused if they had paused', () => {
    const waits = run([show(1010e6), seen({ paused: true, time: 10 })], live).state;
    const gone = { clock: [], hasFrame: false, paused: true, time: 0 };
    const anew = run(
      [load(true), seen(gone), tick, load(true), seen(gone), tick, seen({ time: 0 }), tick],
      waits,
    );
    assert.deepEqual(anew.effects.slice(0, 6), ['find', 'load /p', 'play', 'find', 'load /p', 'play']);
    assert.ok(anew.effects.includes('seek 10'));
    const stands = run([load(true), seen(gone), tick, seen({ time: 0 }), tick], paused);
    assert.deepEqual([stands.effects.includes('play'), stands.told.paused], [false, true]);
    assert.deepEqual(stands.effects.slice(2), ['pause', 'seek 59.9']);
    assert.equal(run([load(false), seen(gone), tick, seen(), tick], paused).told.following, true);
  });

  test('says that it is paused where the browser refuses to play without a gesture', () => {
    const { told, effects } = run([load(false), seen({ paused: true }), event('refused'), tick]);
    assert.deepEqual([told.paused, effects.at(-1)], [true, 'play']);
  });

  test('keeps the scale still under a finger', () => {
    const { range } = run([seen({ scrubbing: true, now: now + 5e6 })], live).state;
    assert.deepEqual(range, live.range);
    assert.notDeepEqual(run([seen({ now: now - 0.5e6 })], live).state.range, live.range);
  });
});
