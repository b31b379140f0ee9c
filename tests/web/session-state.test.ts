import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pageView } from '../../web/page-state.ts';
import { circumstances, newSession, reduce, type SessionEvent } from '../../web/session-state.ts';
import { readStreamInfo } from '../../web/stream-info.ts';

const stream = (more: object) =>
  readStreamInfo({ name: 'yard', epoch: 'e', playlist: '/p', status: 'live', ...more }, 'http://host/');
const answer = (more: object = {}): SessionEvent => ({
  type: 'answer',
  chosen: 'yard',
  answer: {
    streams: [stream({}) ?? assert.fail()],
    default: 'yard',
    mayMark: false,
    storeDown: false,
    ...more,
  },
});
const plays = (time: number, at: number, more: object = {}): SessionEvent => ({
  type: 'playback',
  at,
  player: { picture: true, failed: false, following: true, paused: false, time, ...more },
});
/** What the page says after these pieces of news. */
const after = (...events: SessionEvent[]) => pageView(circumstances(events.reduce(reduce, newSession)));

describe('the state of a session', () => {
  test('is live as long as playback at the edge gets on, and lit then alone', () => {
    const view = after(answer(), plays(1, 1000), plays(2, 2000));
    assert.deepEqual([view.state, view.pill.lit, view.notice], ['live', true, undefined]);
  });

  test('buffers when playback stands for two seconds, but not when it looks back or nobody looks', () => {
    const stands = [answer(), plays(1, 1000), plays(1, 3100)];
    assert.equal(after(...stands).state, 'buffering');
    assert.equal(after(answer(), plays(1, 1000), plays(1, 2900)).state, 'live');
    assert.equal(after(...stands, plays(1, 3200, { following: false })).state, 'behind');
    const unseen: SessionEvent = { type: 'sight', seen: false, at: 1000 };
    assert.equal(after(answer(), plays(1, 1000), unseen, plays(1, 9000)).state, 'live');
  });

  test('holds to one of two ways to the server, unless the browser says that there is no network', () => {
    const up: SessionEvent = { type: 'feed', up: true };
    const away: SessionEvent = { type: 'no-answer' };
    assert.equal(after(answer(), plays(1, 1), away).state, 'reconnecting');
    assert.equal(after(answer(), plays(1, 1), up, away).state, 'live');
    const offline: SessionEvent = { type: 'network', online: false };
    assert.equal(after(answer(), plays(1, 1), up, away, offline).state, 'reconnecting');
  });

  test('never shows a lit live button beside a badge that says anything but Live', () => {
    for (const status of ['starting', 'live', 'stalled', 'ended'])
      for (const waitingFor of ['source', 'encoder', 'store', undefined])
        for (const storeDown of [true, false])
          for (const failed of [true, false])
            for (const following of [true, false])
              for (const picture of [true, false]) {
                const view = after(
                  answer({ streams: [stream({ status, waitingFor }) ?? assert.fail()], storeDown }),
                  plays(1, 1, { failed, following, picture }),
                );
                assert.equal(view.pill.lit, view.badge === 'Live', JSON.stringify(view));
                assert.equal(view.state === 'live', view.badge === 'Live');
              }
  });
});
