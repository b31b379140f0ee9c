import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Logger, pino } from 'pino';
import { logEncoder } from '../../src/processes/stream-log.ts';

test('an encoder that floods gets thirty lines a minute, and the rest is counted', () => {
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) }) as Logger;
  let now = 0;
  const heed = logEncoder(log, () => now);
  const say = (times: number) => {
    for (let time = 0; time < times; time += 1) heed({ context: '', level: 'error', text: 'no room' });
  };
  say(100_000);
  assert.equal(lines.length, 30);
  now = 60_000;
  say(1);
  const [omitted, again] = lines.slice(30).map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.equal(omitted?.lines, 100_000 - 30);
  assert.equal(again?.ffmpeg, 'no room');
});
