import { z } from 'zod';
import { storageEngines } from '../storage/open.ts';
import { storeEngines } from '../store/open.ts';
import { bitrate, flagText, integer, noneOf, number, setting } from './kinds.ts';

/** Names of streams: they become part of URLs, files and store keys. */
const streamName = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, {
  error: 'may hold only letters, digits, _ and -, 1 to 64 of them',
});

/** The encoders that may be named; all run through ffmpeg. */
export const encoders = ['libx264', 'h264_nvenc', 'h264_vaapi', 'h264_qsv', 'h264_videotoolbox'] as const;

const media = storageEngines.map(({ name }) => name);
const urls = storageEngines.flatMap(({ name, url }) => (url ? [`with --media ${name}: ${url}`] : []));

/** Settings of a stream: what it is called, how it is cut, kept and encoded. */
export const streamSettings = {
  name: setting({
    flag: 'name',
    form: 'value',
    value: '<name>',
    description: 'name of the stream, [A-Za-z0-9_-]{1,64}; live for any source but the chessboard',
    schema: streamName.default('chessboard'),
  }),
  media: setting({
    flag: 'media',
    group: 'Store and media',
    form: 'value',
    value: '<place>',
    description: `where media goes: ${storageEngines.map(({ name, place }) => `${name} (${place})`).join(' or ')}`,
    schema: z.enum(media, { error: noneOf(media) }).default(storageEngines[0].name),
  }),
  mediaUrl: setting({
    flag: 'media-url',
    group: 'Store and media',
    form: 'value',
    value: '<url>',
    description: `${urls.join('; ')}; better given as HLSSTREAM_MEDIA_URL`,
    schema: z.string().min(1).optional(),
    secret: true,
  }),
  dataDir: setting({
    flag: 'data-dir',
    group: 'Store and media',
    form: 'value',
    value: '<folder>',
    description: 'where media files go, with --media disk, and the store, without --store',
    schema: z.string().min(1).default('video'),
  }),
  diskReserve: setting({
    flag: 'disk-reserve',
    group: 'Store and media',
    form: 'value',
    value: '<bytes>',
    description:
      'how much of the disk of --data-dir stays free: when less is, the oldest media goes before its time; by default 5 % of the disk, at most 1 GB',
    schema: integer(0, 1e15).optional(),
  }),
  dataMode: setting({
    flag: 'data-mode',
    group: 'Store and media',
    form: 'value',
    value: '<octal>',
    description:
      'who may enter what is made below --data-dir: 700, or 750 and 755 for folders that others read; files without execution',
    schema: z
      .string()
      .regex(/^0?7[0-7]{2}$/, { error: 'is not a mode such as 700, 750 or 755' })
      .default('700'),
  }),
  store: setting({
    flag: 'store',
    group: 'Store and media',
    form: 'value',
    value: '<url>',
    description: `the store: ${storeEngines.map(({ help }) => help).join(', or ')}`,
    schema: z.string().min(1).optional(),
    secret: true,
  }),
  fresh: setting({
    flag: 'fresh',
    group: 'Store and media',
    form: 'switch',
    description:
      'without --store: delete the media and markers that an earlier start of this --name has left, and begin anew',
    schema: flagText.default(false),
  }),
  durability: setting({
    flag: 'durability',
    group: 'Store and media',
    form: 'value',
    value: '<process|power>',
    description:
      'without --store: what an acknowledged marker survives: the death of every process, or, synced to the disk, a power cut as well',
    schema: z.enum(['process', 'power'], { error: 'is neither process nor power' }).default('process'),
  }),
  storePrefix: setting({
    flag: 'store-prefix',
    group: 'Store and media',
    form: 'value',
    value: '<text>',
    description: 'with Redis: begins all keys, [A-Za-z0-9_-]{1,64}',
    schema: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/, { error: 'may hold only letters, digits, _ and -, 1 to 64 of them' })
      .default('hlsstream'),
  }),
  storeReplicas: setting({
    flag: 'store-replicas',
    group: 'Store and media',
    form: 'value',
    value: '<number>',
    description:
      'with Redis: how many replicas must have a marker or a playlist entry before it is acknowledged, 0 to 16; without them 503',
    schema: integer(0, 16).default(0),
  }),
  standby: setting({
    flag: 'standby',
    form: 'switch',
    description: 'stream: while another process streams this name, wait, and take over when it ends or dies',
    schema: flagText.default(false),
  }),
  segment: setting({
    flag: 'segment',
    form: 'value',
    value: '<seconds>',
    description: 'length of a Media Segment, 0.5 to 30 s',
    schema: number(0.5, 30).default(2),
  }),
  part: setting({
    flag: 'part',
    form: 'value',
    value: '<seconds>',
    description: 'length of a Partial Segment, 0.05 to 5 s; rounded to whole frames',
    schema: number(0.05, 5).default(0.333),
  }),
  window: setting({
    flag: 'window',
    form: 'value',
    value: '<seconds>',
    description:
      'how far back the live playlist reaches, up to 12 hours, at least 3 segments; more is kept by --retain',
    schema: number(1.5, 43_200).default(600),
  }),
  stall: setting({
    flag: 'stall',
    form: 'value',
    value: '<seconds>',
    description:
      'shortest silence of the source that counts, 1 to 600 s; also at least three of its usual intervals',
    schema: number(1, 600).default(5),
  }),
  inputLoss: setting({
    flag: 'input-loss',
    form: 'value',
    value: '<filler>',
    description:
      'what is listed while the source is silent: slate (its last picture darkened, and since when), repeat (its last picture), gap, or pause (nothing); by default slate for cameras and network streams, else repeat',
    schema: z
      .enum(['slate', 'repeat', 'gap', 'pause'], { error: 'is none of slate, repeat, gap and pause' })
      .optional(),
  }),
  encoder: setting({
    flag: 'encoder',
    group: 'Encoder',
    form: 'value',
    value: '<encoder>',
    description: `one of ${encoders.join(', ')}`,
    schema: z.enum(encoders).default('libx264'),
  }),
  bitrate: setting({
    flag: 'bitrate',
    group: 'Encoder',
    form: 'value',
    value: '<bits/s>',
    description: 'video bit rate, 10k to 200M; by default from size and rate',
    schema: bitrate.optional(),
  }),
  preset: setting({
    flag: 'preset',
    group: 'Encoder',
    form: 'value',
    value: '<preset>',
    description: "the encoder's own speed preset",
    schema: z
      .string()
      .regex(/^[a-z0-9]{1,16}$/, { error: 'is not a preset name' })
      .optional(),
  }),
  thumbnailInterval: setting({
    flag: 'thumbnail-interval',
    form: 'value',
    value: '<seconds>',
    description: 'time from thumbnail to thumbnail, 0.5 to 600 s; 0 makes none',
    schema: number(0, 600)
      .refine((seconds) => seconds === 0 || seconds >= 0.5, { error: 'is below 0.5' })
      .default(2),
  }),
  thumbnailHeight: setting({
    flag: 'thumbnail-height',
    form: 'value',
    value: '<pixels>',
    description: 'height of a thumbnail, 16 to 360 pixels',
    schema: integer(16, 360).default(90),
  }),
  ffmpeg: setting({
    flag: 'ffmpeg',
    group: 'Encoder',
    form: 'value',
    value: '<path>',
    description: 'the ffmpeg program, 5.1 or later',
    schema: z.string().min(1).default('ffmpeg'),
  }),
};
