import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseConfig } from '../../src/config/config.ts';

const SECRET = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;

/** What is said of settings that cannot be meant; nothing if they can. */
function said(settings: Parameters<typeof parseConfig>[0]): string {
  try {
    parseConfig(settings);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('settings of hooks', () => {
  test('are taken as they are meant', () => {
    const config = parseConfig({
      ...{ webhook: ['https://user:pass@example.org/in?x=1'], webhookSecret: [SECRET] },
      ...{ mqtt: 'mqtts://user:p%2Fw@broker:8884/cams/yard/', mqttCa: 'ca.pem', mqttDiscovery: 'off' },
      publicUrl: 'https://cams.example.org/cams/',
    });
    assert.equal(config.publicUrl, 'https://cams.example.org/cams');
    assert.equal(config.hookTimeout, 15);
  });

  test('are refused with what to do, and without secrets', () => {
    const refused: readonly (readonly [Parameters<typeof parseConfig>[0], RegExp])[] = [
      [{ webhook: ['ftp://example.org/'] }, /^--webhook: is not a URL that begins with http/],
      [{ webhook: ['https://a/', 'https://a/'] }, /^--webhook: is there twice/],
      [{ webhook: ['https://a/'], webhookSecret: ['whsec_c2hvcnQ='] }, /^--webhook-secret: .*openssl rand/],
      [{ webhookSecret: [SECRET] }, /give --webhook, too/],
      [{ mqtt: 'mqtt://broker' }, /^--mqtt: names no prefix of topics/],
      [{ mqtt: 'mqtt://broker/a/#' }, /^--mqtt: has a \? or # in it/],
      [{ mqtt: 'mqtt://broker/a+b' }, /^--mqtt: names no prefix of topics/],
      [{ mqtt: 'http://user:hunter2hunter2@broker/cams' }, /^--mqtt: is not a URL that begins with mqtt:/],
      [{ mqtt: 'mqtt://broker/cams', mqttCa: 'ca.pem' }, /--mqtt-ca is for TLS/],
      [{ mqttDiscovery: 'a/+' }, /^--mqtt-discovery a\/\+: is not the beginning of a topic/],
      [{ hookClasses: ['a b'] }, /^--hook-classes \["a b"\]: is not 1 to 64/],
      [{ hookStreams: ['a/b'] }, /^--hook-streams \["a\/b"\]: is not the name of a stream/],
      [{ hookQueue: 1 }, /^--hook-queue 1: is below 10/],
      [{ publicUrl: 'cams.example.org' }, /^--public-url cams.example.org: is not an address/],
      [{ publicUrl: 'https://user:pass@cams.example.org' }, /^--public-url .*: is not an address/],
    ];
    for (const [settings, pattern] of refused) {
      assert.match(said(settings), pattern);
      assert.doesNotMatch(said(settings), /hunter2|c2hvcnQ/);
    }
  });
});
