import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fromEnvironment, parseConfig, toEnvironment } from '../../src/config.ts';
import { inputArguments, inputOptionArguments } from '../../src/source/input-kind.ts';

const parse = (...inputOption: string[]) => parseConfig({ inputOption }).inputOption;

describe('--input-option', () => {
  test('what tunes the reading of a source becomes arguments of ffmpeg, and wins over ours', () => {
    const given = parse('rtsp_transport=udp', '-video_size=1280x720', 'fflags=nobuffer+discardcorrupt');
    assert.deepEqual(inputOptionArguments(given), [
      ...['-rtsp_transport', 'udp', '-video_size', '1280x720', '-fflags', 'nobuffer+discardcorrupt'],
    ]);
    const all = inputArguments('rtsp://camera/1', ['-rtsp_transport', 'udp']);
    assert.ok(all.lastIndexOf('-rtsp_transport') > all.indexOf('-rtsp_transport'));
    assert.equal(all[all.lastIndexOf('-rtsp_transport') + 1], 'udp');
    assert.deepEqual(all.slice(-2), ['-i', 'rtsp://camera/1']);
  });

  test('headers given one by one are all sent', () => {
    const given = parse('headers=X-Camera: yard', 'headers=Accept: image/jpeg, */*\r\n');
    assert.deepEqual(inputOptionArguments(given), [
      '-headers',
      'X-Camera: yard\r\nAccept: image/jpeg, */*\r\n',
    ]);
  });

  test('nothing that reaches files, runs programs, opens ports or smuggles arguments is taken', () => {
    const refused = [
      ...['protocol_whitelist=file,http', 'safe=0', 'f=lavfi', 'f=concat', 'f=tty', 'enable_drefs=1'],
      ...[
        'cert_file=/etc/passwd',
        'key_file=/x',
        'ca_file=/x',
        'allowed_extensions=ALL',
        'filter_complex=movie=x',
      ],
      ...[
        'vf=movie=/etc/passwd',
        'i=/etc/passwd',
        'dump_attachment=x',
        'attach=x',
        'report=1',
        'y=1',
        'map=1',
      ],
      ...[
        'rtsp_flags=listen',
        'mode=listener',
        'listen=1',
        'sdp_flags=x',
        '/headers=/etc/passwd',
        'metadata=x',
      ],
      ...[
        'video_size=1280x720 -i /etc/passwd',
        'user_agent=a\nb',
        'rtsp_transport',
        '=udp',
        'rtsp_transport=',
      ],
    ];
    for (const option of refused) {
      assert.throws(() => parse(option), { code: 'USAGE', message: /^--input-option: / }, option);
    }
    assert.throws(() => parse('rtsp_transport=pigeon'), { message: /rtsp_transport.*udp, tcp/ });
    assert.throws(() => parse('safe=0'), { message: /names safe, .*video_size/ });
  });

  test('a value that is refused is not shown: it may be a password', () => {
    assert.throws(
      () => parse('passphrase=open\nsesame'),
      (error: Error) => !/sesame/.test(error.message),
    );
  });

  test('options survive the way to a child, commas and line breaks included', () => {
    const config = parseConfig({ inputOption: ['headers=Accept: a, b\r\nX: "y"', 'rtsp_transport=udp'] });
    assert.deepEqual(parseConfig(fromEnvironment(toEnvironment(config))), config);
    assert.deepEqual(
      parseConfig(fromEnvironment({ HLSSTREAM_INPUT_OPTION: 'rtsp_transport=udp,framerate=5' })).inputOption,
      ['rtsp_transport=udp', 'framerate=5'],
    );
  });
});
