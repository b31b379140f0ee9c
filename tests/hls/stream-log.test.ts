import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { streamFromLog, streamToLog } from '../../src/hls/stream-log.ts';
import { stream } from './simulated-stream.ts';

describe('the log of streams', () => {
  test('holds the target duration in seconds, as every version wrote it, and all else in microseconds', () => {
    assert.deepEqual(streamToLog(stream), { ...stream, targetDuration: 2 });
  });

  test('is read as one unit', () => {
    assert.deepEqual(streamFromLog({ ...stream, targetDuration: 2 }), {
      ...stream,
      targetDuration: 2_000_000,
    });
    assert.deepEqual(streamFromLog(streamToLog(stream)), stream);
  });
});
