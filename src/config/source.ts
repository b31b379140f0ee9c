import { z } from 'zod';
import { inputOption } from './input-options.ts';
import { flagText, integer, number, setting, size } from './kinds.ts';

/** Other names of standard input. */
const STANDARD_INPUT = /^((pipe|fd):0?|\/dev\/stdin|\/dev\/fd\/0|\/proc\/self\/fd\/0)$/;

/** Settings of the source: where the frames come from. */
export const sourceSettings = {
  source: setting({
    flag: 'source',
    form: 'value',
    value: '<source>',
    description:
      'chessboard, a file, URL or device that ffmpeg reads, ./module.js, or - for standard input; with a password better given as HLSSTREAM_SOURCE or in a file',
    schema: z
      .string()
      .min(1)
      .transform((source) => (STANDARD_INPUT.test(source) ? '-' : source))
      .default('chessboard'),
  }),
  sourceFile: setting({
    flag: 'source-file',
    form: 'value',
    value: '<file>',
    description:
      'file whose first line is the source, so that a password in it shows in no list of processes',
    schema: z.string().min(1).optional(),
  }),
  inputFormat: setting({
    flag: 'input-format',
    form: 'value',
    value: '<format>',
    description:
      'with --source -: raw frames as rgb24, rgba, bgr24, gray, nv12 or yuv420p (needs --size; --fps is their nominal rate), or auto for a container',
    schema: z.enum(['auto', 'rgb24', 'rgba', 'bgr24', 'gray', 'nv12', 'yuv420p']).default('auto'),
  }),
  inputFraming: setting({
    flag: 'input-framing',
    form: 'value',
    value: '<framing>',
    description:
      'with --input-format: jsonl where each raw frame has a line of JSON before it, with its pts, seq, markers and objects; or none',
    schema: z.enum(['none', 'jsonl']).default('none'),
  }),
  inputOption: setting({
    flag: 'input-option',
    form: 'list',
    value: '<name=value>',
    description:
      "option for ffmpeg's reading of the source, such as rtsp_transport=udp, video_size=1280x720 or headers=…; may be given many times; with a password better given as HLSSTREAM_INPUT_OPTION",
    schema: z.array(inputOption).default([]),
    secret: true,
  }),
  inputTiming: setting({
    flag: 'input-timing',
    form: 'value',
    value: '<timing>',
    description:
      'frames on standard input that bring no times of their own are stamped on arrival, or at the rate given by --fps',
    schema: z.enum(['arrival', 'rate']).default('arrival'),
  }),
  inputEnd: setting({
    flag: 'input-end',
    form: 'value',
    value: '<meaning>',
    description:
      'what the end of the input means: end (of the stream), reconnect (open it again), or auto: a file, a finished download and a playlist with EXT-X-ENDLIST end, a camera that closes its connection is opened again',
    schema: z.enum(['auto', 'end', 'reconnect']).default('auto'),
  }),
  size: setting({
    flag: 'size',
    form: 'value',
    value: '<WxH>',
    description: 'picture size in pixels, even, 64 to 7680; real sources keep their own',
    schema: size.prefault('640x360'),
  }),
  fps: setting({
    flag: 'fps',
    form: 'value',
    value: '<rate>',
    description: 'frames per second, 1 to 120; what has times of its own keeps them',
    schema: number(1, 120).default(30),
  }),
  eventMean: setting({
    flag: 'event-mean',
    form: 'value',
    value: '<seconds>',
    description: 'chessboard: mean time between events, 0.5 to 3600 s',
    schema: number(0.5, 3600).default(10),
  }),
  seed: setting({
    flag: 'seed',
    form: 'value',
    value: '<number>',
    description: 'chessboard: makes it repeatable, 0 to 4294967295',
    schema: integer(0, 0xffffffff).optional(),
  }),
  clockStrip: setting({
    flag: 'clock-strip',
    form: 'switch',
    description: 'chessboard: draw the capture time for machines along the top edge',
    schema: flagText.default(false),
  }),
  loop: setting({
    flag: 'loop',
    form: 'switch',
    description: 'play a file again and again, a discontinuity between the rounds',
    schema: flagText.default(false),
  }),
};
