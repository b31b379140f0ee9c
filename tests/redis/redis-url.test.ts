import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { maskUrl, parseRedisUrl } from '../../src/redis/redis-url.ts';

describe('parseRedisUrl', () => {
  test('takes host, port, database, user, password and encryption from the URL', () => {
    assert.deepEqual(parseRedisUrl('redis://host'), { host: 'host', port: 6379, db: 0, secure: false });
    assert.deepEqual(parseRedisUrl('rediss://me:p%40ss@[::1]:7000/3'), {
      ...{ host: '::1', port: 7000, db: 3, secure: true },
      ...{ username: 'me', password: 'p@ss' },
    });
  });

  test('understands a password whose / and @ were not escaped', () => {
    assert.equal(parseRedisUrl('redis://:a/b@c:d%@host:1/2').password, 'a/b@c:d%');
  });

  test('refuses what is no Redis URL, without its password', () => {
    for (const url of [
      'redis://',
      'redis://me:secret@',
      'redis://u:secret@host:99999',
      'redis://u:secret@h/x',
    ]) {
      assert.throws(
        () => parseRedisUrl(url),
        (error: { code: string; message: string }) =>
          error.code === 'USAGE' && !error.message.includes('secret'),
      );
    }
  });
});

describe('maskUrl', () => {
  test('leaves nothing of user, password, query and fragment, however they are written', () => {
    for (const url of [
      'redis://u:secret@host:1/0',
      'redis://:se@cret/secret@host:1/0',
      'redis://host:1/0?password=secret',
      'redis:u:secret@host',
      'u:secret@host',
    ]) {
      assert.match(maskUrl(url), /host/);
      assert.doesNotMatch(maskUrl(url), /secret|cret|u:/);
    }
    assert.equal(maskUrl('redis://host:1/0'), 'redis://host:1/0');
  });
});
