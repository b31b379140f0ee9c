import { spawn } from 'node:child_process';
import type { Frame } from '../../src/container/frame.ts';
import { openFramedInput } from '../../src/source/framed-input.ts';
import { openRawInput } from '../../src/source/raw-input.ts';

/*
 * Reads what another process writes into a pipe as fast as it is taken, so many frames at each order, and says how many
 * milliseconds they took. A process of its own for each way, as a source has one.
 */

/**
 * How many frames to read next, and at the first order of what size and what stands before each: nothing, a line with
 * its time, or one that also has ten boxes and, each ten frames, a marker.
 */
export interface ReadOrder {
  readonly frames: number;
  readonly open?: {
    readonly kind: 'unframed' | 'timed' | 'told';
    readonly width: number;
    readonly height: number;
  };
}

const WRITER = `
const { writeSync } = require('node:fs');
const [kind, bytes] = process.argv.slice(1);
const pixels = Buffer.alloc(Number(bytes), 90);
const objects = Array.from({ length: 10 }, (_, at) => ({ label: 'ball', score: 0.9, box: [at / 20, 0.1, 0.2, 0.3] }));
const all = (bytes) => { for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at); };
try {
  for (let n = 0; ; n += 1) {
    const markers = n % 10 === 0 ? [{ text: 'frame ' + n }] : [];
    const line = { pts: n / 30, seq: n, ...(kind === 'told' && { markers, objects }) };
    if (kind !== 'unframed') all(Buffer.from(JSON.stringify(line) + '\\n'));
    all(pixels);
  }
} catch (error) {
  if (error.code !== 'EPIPE') throw error;
}
`;

function openPipe({ kind, width, height }: NonNullable<ReadOrder['open']>): AsyncIterator<Frame> {
  const writer = spawn(process.execPath, ['-e', WRITER, kind, String(width * height * 3)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const open = kind === 'unframed' ? openRawInput : openFramedInput;
  const shape = { width, height, frameRate: 30, format: 'rgb24', timing: 'arrival', paced: false } as const;
  return open({ ...shape, stdin: writer.stdout })
    .frames()
    [Symbol.asyncIterator]();
}

let frames: AsyncIterator<Frame> | undefined;

process.on('message', async ({ frames: count, open }: ReadOrder) => {
  if (open !== undefined) frames = openPipe(open);
  const began = performance.now();
  for (let read = 0; read < count; read += 1) {
    if ((await frames?.next())?.done !== false) throw new Error(`frame ${read} of ${count} did not come`);
  }
  process.send?.(performance.now() - began);
});
