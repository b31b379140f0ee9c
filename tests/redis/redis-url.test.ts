import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { maskUrl, parseRedisPlace, parseRedisUrl } from '../../src/redis/redis-url.ts';

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

describe('parseRedisPlace', () => {
  test('takes Sentinels, what they call the primary, and who asks either', () => {
    assert.deepEqual(
      parseRedisPlace('rediss+sentinel://me:p%40ss@h1,[::1]:7000/yard/2?sentinel-user=s&sentinel-password=t'),
      {
        ...{ kind: 'sentinel', primary: 'yard', db: 2, secure: true, username: 'me', password: 'p@ss' },
        hosts: [
          { host: 'h1', port: 26_379 },
          { host: '::1', port: 7000 },
        ],
        ...{ sentinelUsername: 's', sentinelPassword: 't' },
      },
    );
  });

  test('takes the nodes of a cluster', () => {
    assert.deepEqual(parseRedisPlace('redis+cluster://:word@h1:7000,h2'), {
      ...{ kind: 'cluster', db: 0, secure: false, password: 'word' },
      hosts: [
        { host: 'h1', port: 7000 },
        { host: 'h2', port: 6379 },
      ],
    });
  });

  test('refuses what does not say enough, or too much, without its password', () => {
    for (const url of [
      'redis+sentinel://u:secret@h1,h2',
      'redis+sentinel://u:secret@h1,/yard',
      'redis+sentinel://u:secret@h1/yard/x',
      'redis+cluster://u:secret@h1:0',
      'redis+cluster://u:secret@h1/3',
      'redis+ring://u:secret@h1',
    ]) {
      assert.throws(
        () => parseRedisPlace(url),
        (error: { code: string; message: string }) =>
          error.code === 'USAGE' && !error.message.includes('secret'),
        url,
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
