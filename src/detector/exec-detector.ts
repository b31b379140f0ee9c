import { fromSeconds, toSeconds } from '../clock.ts';
import { HlsStreamError } from '../errors.ts';
import type { Picture } from '../frames/picture.ts';
import { type PictureFormat, toFormat } from '../frames/picture-format.ts';
import { LineLimit } from '../program/line-limit.ts';
import type { Answer, Detector } from './detector.ts';
import { parseAnswerLine, readAnswer } from './exec-answer.ts';
import { type ExecProgram, startProgram } from './exec-program.ts';
import type { OutboxLog } from './marker-outbox.ts';

/** What a detector in a program of its own works with. */
export interface ExecDetectorOptions {
  readonly name: string;
  /** The program and its arguments. */
  readonly words: readonly string[];
  readonly format: PictureFormat;
  readonly log: OutboxLog;
}

/** How long a model that has just been loaded may take to see what is there, in microseconds of the stream. */
const RECOGNITION = fromSeconds(1);
/** Of how many pictures the times are remembered, so that an answer may speak of an earlier one. */
const REMEMBERED = 1024;
/** How much of a line is shown in the log, in characters. */
const SHOWN = 200;

/**
 * A detector in any language: it reads each picture as a line of JSON and the pixels behind it, and answers each with a
 * line of JSON that repeats its `seq`. The program is started with the first picture. What it writes that is not an answer
 * is logged and changes nothing. `look` rejects with DETECTOR_FAILED when the program cannot answer any more.
 */
export function createExecDetector({ name, words, format, log }: ExecDetectorOptions): Detector {
  const stray = new LineLimit();
  const said = new LineLimit();
  const dates = new Map<number, number>();
  let program: ExecProgram | undefined;
  let failure: HlsStreamError | undefined;
  let seq = 0;
  let awaited: { readonly picture: Picture; settle(answer: Answer | HlsStreamError): void } | undefined;

  const logLine = (limit: LineLimit, level: 'info' | 'warn', facts: object, text: string) => {
    const { logged, omitted } = limit.next();
    if (omitted > 0) log.warn({ detector: name, lines: omitted }, 'the detector said more than is logged');
    if (logged) log[level]({ detector: name, ...facts }, text);
  };
  const leftOut = (why: string, line?: string) =>
    logLine(stray, 'warn', line === undefined ? {} : { line: line.slice(0, SHOWN) }, why);

  const take = (line: string) => {
    if (line.trim() === '') return;
    const answer = parseAnswerLine(line);
    if (answer === undefined)
      return leftOut('the detector wrote a line on its standard output that is not an answer', line);
    if (answer.seq > seq || answer.seq < 1)
      return leftOut('the detector answers a picture it was not shown', line);
    if (awaited === undefined || answer.seq < seq)
      return leftOut('the detector answers a picture once more', line);
    const { settle, picture } = awaited;
    const { faults, ...rest } = readAnswer(answer, picture, (pts) => dates.get(pts));
    for (const fault of faults) leftOut(`a part of the detector's answer is left out: ${fault}`);
    settle(rest);
  };

  const start = (): ExecProgram => {
    const started = startProgram(words, {
      onLine: take,
      onTooLong: () => leftOut('the detector wrote a line of more than 1 MiB on its standard output'),
      onStderr: (line) => logLine(said, 'info', { line: line.slice(0, 4 * SHOWN) }, 'the detector says'),
    });
    void started.failed.then((how) => {
      failure = new HlsStreamError('DETECTOR_FAILED', `the detector ${name} ${how}`);
      awaited?.settle(failure);
    });
    return started;
  };

  return {
    name,
    recognition: RECOGNITION,
    external: true,
    look(picture) {
      if (failure !== undefined) return Promise.reject(failure);
      program ??= start();
      seq += 1;
      const { pts, date, width, height, dropped, discontinuity } = picture;
      dates.set(pts, date);
      if (dates.size > REMEMBERED) dates.delete(dates.keys().next().value as number);
      return new Promise((resolve, reject) => {
        awaited = {
          picture,
          settle(answer) {
            awaited = undefined;
            if (answer instanceof HlsStreamError) reject(answer);
            else resolve(answer);
          },
        };
        const head = { seq, pts: toSeconds(pts), width, height, format, dropped, discontinuity };
        program?.write(Buffer.from(`${JSON.stringify(head)}\n`), toFormat(picture.data, format));
      });
    },
    async close() {
      await program?.end();
    },
  };
}
