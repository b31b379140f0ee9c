import { spawn } from 'node:child_process';
import { openFramedInput } from '../../src/source/framed-input.ts';
import { openRawInput } from '../../src/source/raw-input.ts';
import { median } from './median.ts';

/*
 * Method: another process writes the same pictures of 1280x720 rgb24 into a pipe as fast as they are taken, once as they
 * are and once with a line of JSON before each (its time, a marker each ten frames, and ten boxes). Measured is from the
 * first frame that the source gives out to the last, so without the start of the writer; nothing is encoded, so that the
 * ratio shows the reading alone and not what is far dearer. Rounds in turn, medians.
 */

const [WIDTH, HEIGHT, FRAMES, ROUNDS] = [1280, 720, 400, 7];

const WRITER = `
const { writeSync } = require('node:fs');
const framed = process.argv[1] === 'framed';
const pixels = Buffer.alloc(${WIDTH * HEIGHT * 3}, 90);
const objects = Array.from({ length: 10 }, (_, at) => ({ label: 'ball', score: 0.9, box: [at / 20, 0.1, 0.2, 0.3] }));
const all = (bytes) => { for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at); };
for (let n = 0; n < ${FRAMES}; n += 1) {
  const markers = n % 10 === 0 ? [{ text: 'frame ' + n }] : [];
  if (framed) all(Buffer.from(JSON.stringify({ pts: n / 30, seq: n, markers, objects }) + '\\n'));
  all(pixels);
}
`;

/** Frames per second that come out of the source. */
async function rate(kind: 'framed' | 'unframed'): Promise<number> {
  const writer = spawn(process.execPath, ['-e', WRITER, kind], { stdio: ['ignore', 'pipe', 'inherit'] });
  const shape = { width: WIDTH, height: HEIGHT, frameRate: 30, format: 'rgb24', timing: 'arrival' } as const;
  const open = kind === 'framed' ? openFramedInput : openRawInput;
  let count = 0;
  let began = 0;
  for await (const _ of open({ ...shape, paced: false, stdin: writer.stdout }).frames()) {
    if (count === 0) began = performance.now();
    count += 1;
  }
  if (count !== FRAMES) throw new Error(`${count} of ${FRAMES} frames came`);
  return ((count - 1) * 1000) / (performance.now() - began);
}

/** Frames with lines beside frames without, turn by turn in one run. */
export async function benchFramed(print: (line: string) => void): Promise<void> {
  print(
    `Raw ${WIDTH}x${HEIGHT} rgb24 through a pipe, with a line before each frame and without; ${ROUNDS} rounds in turn, medians`,
  );
  const rates = { framed: [] as number[], unframed: [] as number[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    rates.unframed.push(await rate('unframed'));
    rates.framed.push(await rate('framed'));
  }
  const [framed, unframed] = [median(rates.framed), median(rates.unframed)];
  print(
    `  framed ${framed.toFixed(0)} frames/s, unframed ${unframed.toFixed(0)} frames/s, ratio ${(framed / unframed).toFixed(2)}`,
  );
}
