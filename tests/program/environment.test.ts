import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { childEnvironment } from '../../src/config/child-environment.ts';
import { parseConfig, type SettingName, settings, standardOf } from '../../src/config/config.ts';
import { handedConfig } from '../../src/config/handed-config.ts';
import { foreignEnvironment } from '../../src/program/environment.ts';

test('a program that is not ours is given what it needs, and no secret', () => {
  const needed = {
    PATH: '/bin',
    HOME: '/root',
    DISPLAY: ':0',
    LIBVA_DRIVER_NAME: 'iHD',
    LD_LIBRARY_PATH: '/opt',
  };
  const secret = {
    ...{
      HLSSTREAM_TOKEN: 'x',
      HLSSTREAM_SOURCE: 'x',
      NODE_CHANNEL_FD: '3',
      NODE_UNIQUE_ID: '1',
      FFREPORT: 'file=x',
    },
    ...{ GITHUB_TOKEN: 'x', DB_PASSWORD: 'x', AWS_SECRET_ACCESS_KEY: 'x', OPENAI_API_KEY: 'x', api_key: 'x' },
  };
  assert.deepEqual(foreignEnvironment({ ...needed, ...secret }), needed);
});

test('each child is told what concerns it', () => {
  const config = parseConfig({
    webhook: ['https://example.org/of-the-hook'],
    detector: ['exec:python3 detect.py --key of-the-detector'],
    ...{ source: 'rtsp://u:hunter2hunter@camera/1', token: 'write-secret', readToken: ['read-secret-1'] },
    ...{
      signKey: ['a-key-of-sixteen'],
      access: 'private',
      inputOption: ['headers=Authorization: Basic eA=='],
    },
  });
  const inherited = {
    PATH: '/bin',
    HLSSTREAM_TOKEN: 'of-another-life',
    HLSSTREAM_SOURCE: 'rtsp://u:hunter2hunter@camera/1',
  };
  const given = (role: Parameters<typeof childEnvironment>[2]) =>
    Object.entries(childEnvironment(inherited, config, role)).filter(([, value]) => value !== undefined);
  const tells = (role: Parameters<typeof childEnvironment>[2], text: string) =>
    JSON.stringify(given(role)).includes(text);
  for (const role of ['sync', 'api', 'detect', 'hooks'] as const) {
    assert.equal(tells(role, 'hunter2'), false, role);
    assert.equal(tells(role, 'eA=='), false, role);
  }
  for (const role of ['sync', 'detect', 'stream', 'input'] as const)
    for (const secret of ['write-secret', 'read-secret', 'a-key-of', 'of-another-life'])
      assert.equal(tells(role, secret), false, role);
  for (const secret of ['write-secret', 'read-secret', 'a-key-of']) assert.ok(tells('api', secret));
  for (const role of ['sync', 'api', 'detect', 'stream', 'input'] as const)
    assert.equal(tells(role, 'of-the-hook'), false, role);
  for (const role of ['sync', 'api', 'stream', 'input', 'hooks'] as const)
    assert.equal(tells(role, 'of-the-detector'), false, role);
  assert.ok(tells('detect', 'of-the-detector'));
  assert.ok(tells('hooks', 'of-the-hook') && tells('hooks', 'a-key-of'));
  assert.ok(tells('stream', 'hunter2hunter') && tells('stream', 'PATH'));
});

test('a child is handed its settings as they are, and of what does not concern it the defaults', () => {
  const config = parseConfig({
    ...{ source: '-', inputFormat: 'rgb24', size: '320x240', fps: '29.97', inputOption: [], part: '0.5' },
    ...{ store: 'redis://h:1/0', retain: '7d', publicHost: ['cams'], token: 'write-secret', hookQueue: '99' },
    ...{ webhook: ['https://example.org/a,b'], detector: ['cam=motion', 'exec:python3 "a b.py", -v'] },
  });
  const inherited = { HLSSTREAM_FPS: '5', HLSSTREAM_WEBHOOK: 'https://example.org/of-another-life' };
  for (const role of ['sync', 'input', 'stream', 'detect', 'hooks', 'api'] as const) {
    const handed = handedConfig(childEnvironment(inherited, config, role));
    const strange = (Object.keys(settings) as SettingName[]).filter(
      (name) => !isDeepStrictEqual(handed?.[name], config[name]),
    );
    for (const name of strange) assert.deepEqual(handed?.[name], standardOf(name), `${role}: ${name}`);
    assert.ok(!strange.includes('fps') && !strange.includes('size') && !strange.includes('retain'), role);
  }
  assert.equal(handedConfig({}), undefined);
});
