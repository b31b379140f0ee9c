import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Circumstances, pageState } from '../../web/session/page-state.ts';

const well: Circumstances = {
  reachable: true,
  answered: true,
  status: 'live',
  playerFailed: false,
  picture: true,
};

describe('pageState', () => {
  const cases: [string, Partial<Circumstances>, string][] = [
    ['all is well', {}, 'live'],
    [
      'the server has not answered yet',
      { answered: false, reachable: false, status: undefined },
      'connecting',
    ],
    ['the server went away', { reachable: false }, 'reconnecting'],
    ['the server knows no such stream', { status: undefined }, 'missing'],
    ['nothing can be fetched yet', { status: 'starting', picture: false }, 'waiting'],
    ['the first picture is on its way', { picture: false }, 'connecting'],
    ['the source is silent', { status: 'stalled' }, 'stalled'],
    ['the source has ended', { status: 'ended' }, 'ended'],
    ['the player gave up', { playerFailed: true }, 'reconnecting'],
  ];
  for (const [when, change, state] of cases) {
    test(`${state} when ${when}`, () => assert.equal(pageState({ ...well, ...change }), state));
  }
});
