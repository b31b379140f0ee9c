import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readStreamInfo } from '../../web/api/stream-info.ts';
import { pageView } from '../../web/session/page-state.ts';
import { circumstances, newSession, reduce, type SessionEvent } from '../../web/session/session-state.ts';

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
    starting: new Map(),
    ...more,
  },
});
const plays = (time: number, at: number, more: object = {}): SessionEvent => ({
  type: 'playback',
  at,
  player: { picture: true, failed: false, following: true, paused: false, time, date: undefined, ...more },
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

  const silent = { inputLoss: { kind: 'slate', since: '2026-01-01T10:00:00.000Z' } };
  const range = {
    ...silent.inputLoss,
    startDate: '2026-01-01T10:00:02.000Z',
    endDate: '2026-01-01T10:00:09.000Z',
  };
  const told = (more: object): SessionEvent => answer({ streams: [stream(more) ?? assert.fail()] });
  const at = (iso: string) => Date.parse(iso) * 1000;

  test('is not live while what is on screen fills a silence, and says since when', () => {
    const view = after(told({ ...silent, filler: [range] }), plays(1, 1));
    assert.deepEqual([view.badge, view.pill.lit], ['Signal lost', false]);
    assert.match(view.notice?.title ?? '', /^Signal lost since \d\d:00:00$/);
    const date = at('2026-01-01T10:00:05.000Z');
    const over = told({ filler: [range] });
    assert.equal(
      after(over, plays(1, 1, { date })).badge,
      'Signal lost',
      'the last of it is still on screen',
    );
    assert.equal(after(over, plays(1, 1, { date: at('2026-01-01T10:00:09.000Z') })).badge, 'Live');
  });

  test('says of a place looked back at whether pictures of the source are there', () => {
    const back = (iso: string) =>
      after(told({ ...silent, filler: [range] }), plays(1, 1, { following: false, date: at(iso) }));
    assert.match(back('2026-01-01T10:00:04.000Z').notice?.title ?? '', /^No signal here since \d\d:00:00$/);
    assert.match(back('2026-01-01T10:10:00.000Z').notice?.title ?? '', /^No signal/, 'it goes on');
    assert.equal(back('2026-01-01T09:59:59.000Z').notice, undefined);
    assert.equal(back('2026-01-01T09:59:59.000Z').badge, 'Behind live');
  });

  test('says why a stream fails: at the start, later, and one that is not listed yet', () => {
    const problems = [
      { process: 'detect motion', message: 'no such module' },
      { process: 'stream', message: 'cannot read a.mp4: moov atom not found' },
    ];
    const sentence = 'Cannot read a.mp4: moov atom not found.';
    const says = (more: object) => after(told(more), plays(1, 1));
    const starting = says({ status: 'starting', problems });
    assert.deepEqual([starting.badge, starting.notice?.title], ['Failing', 'The stream cannot begin']);
    assert.ok(starting.notice?.text.startsWith(sentence));
    const failed = says({ status: 'stalled', waitingFor: 'encoder', problems });
    assert.deepEqual([failed.badge, failed.notice?.title], ['Failing', 'The stream has failed']);
    assert.ok(failed.notice?.text.startsWith(sentence));
    assert.equal(says({ status: 'stalled', waitingFor: 'source', problems }).notice?.text, sentence);
    assert.equal(says({ problems }).badge, 'Live');
    const unlisted = after(
      answer({ streams: [], default: 'other', starting: new Map([['yard', 'no such file']]) }),
    );
    assert.deepEqual([unlisted.state, unlisted.badge], ['waiting', 'Failing']);
    assert.ok(unlisted.notice?.text.startsWith('No such file.'));
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
