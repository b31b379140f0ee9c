import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { redisFailure } from '../../src/redis/redis-failure.ts';
import { isAway } from '../../src/store/store-return.ts';

/** As Redis 7 says it. */
const answers: readonly (readonly [said: string, code: string])[] = [
  ['NOAUTH Authentication required.', 'STORE_DENIED'],
  ['WRONGPASS invalid username-password pair or user is disabled.', 'STORE_DENIED'],
  ["NOPERM this user has no permissions to run the 'set' command", 'STORE_DENIED'],
  ['ERR DB index is out of range', 'STORE_NO_DATABASE'],
  ["READONLY You can't write against a read only replica.", 'STORE_READ_ONLY'],
  [
    "-READONLY You can't write against a read only replica. script: abc, on @user_script:1.",
    'STORE_READ_ONLY',
  ],
  ["OOM command not allowed when used memory > 'maxmemory'.", 'STORE_FULL'],
  ['WRONGTYPE Operation against a key holding the wrong kind of value', 'STORE_WRONG_TYPE'],
  ['NOREPLICAS Not enough good replicas to write.', 'STORE_NO_REPLICAS'],
  [
    'MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist',
    'STORE_NOT_SAVED',
  ],
  ['LOADING Redis is loading the dataset in memory', 'STORE_NOT_READY'],
  ["MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", 'STORE_NOT_READY'],
  ['BUSY Redis is busy running a script.', 'STORE_NOT_READY'],
  ['UNBLOCKED force unblock from blocking operation, instance state changed', 'STORE_NOT_READY'],
  ['CLUSTERDOWN The cluster is down', 'STORE_NOT_READY'],
  ['CLUSTERDOWN Hash slot not served', 'STORE_NOT_READY'],
  ['TRYAGAIN Multiple keys request during rehashing of slot', 'STORE_NOT_READY'],
  ['MOVED 3999 127.0.0.1:6381', 'STORE_NOT_READY'],
  ['ASK 3999 127.0.0.1:6381', 'STORE_NOT_READY'],
  ['ERR max number of clients reached', 'STORE_FAILED'],
  ['ERR This instance has cluster support disabled', 'STORE_FAILED'],
];

describe('redisFailure', () => {
  for (const [said, code] of answers) {
    test(`calls it ${code} when Redis answers ${said.slice(0, 24)}, and nothing is dropped for it`, () => {
      const reply = Object.assign(new Error(said), { name: 'ReplyError' });
      const failure = redisFailure(reply, 'append');
      assert.equal(failure.code, code);
      assert.doesNotMatch(failure.message, /user_script/);
      assert.equal(isAway(failure), true);
    });
  }
});
