import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { tried } from '../long.ts';
import { killInTurn } from './kill-in-turn.ts';
import { startSeveralHosts } from './several-hosts.ts';

/**
 * Each kind once; the long form, `npm run soak -- hosts`, kills those that stand by and silences all, too. How long
 * viewers wait meanwhile says as much of this machine as of us: the long form holds it to four seconds.
 */
const ORDER = ['encoder', 'detector', 'api', 'redis', 'nginx', 'silent encoder'] as const;

describe('several hosts', () => {
  test('go on whichever of them dies: no marker lost or doubled, playlists right', async (t) => {
    const hosts = await startSeveralHosts({
      stream: [
        ...['--size', '320x180', '--fps', '10', '--event-mean', '2', '--segment', '1', '--part', '0.25'],
        ...['--thumbnail-interval', '0'],
      ],
    });
    const seen = await killInTurn(hosts, { viewers: tried(6, 10), order: ORDER, rest: 0.5 }).catch(
      async (error) => {
        await hosts.stop();
        throw error;
      },
    );
    const { encoders, detectors, apis } = await hosts.stop();
    assert.deepEqual(seen.faults, []);
    for (const { victim, seconds } of seen.stalls) t.diagnostic(`${victim}: ${seconds.toFixed(1)} s`);
    assert.deepEqual(
      seen.stalls.map(({ victim }) => victim),
      ORDER,
    );
    assert.ok(seen.detected >= 5, `${seen.detected} events were found`);
    assert.ok(seen.posted >= 100, `${seen.posted} markers were posted`);
    assert.deepEqual(new Set([...encoders, ...detectors, ...apis]), new Set([0]));
  });
});
