import { z } from 'zod';
import { HlsStreamError } from '../errors.ts';
import { integer, number, setting } from './kinds.ts';
import { prefixOf } from './topic-prefix.ts';

/** What a name of a class may be, see `src/hls/marker-rules.ts`. */
const CLASS = /^[A-Za-z0-9_.:-]{1,64}$/;

const webhook = z.string().refine((text) => isUrl(text, ['http:', 'https:']), {
  error: 'is not a URL that begins with http:// or https://',
});

/** `whsec_` and base64 of 24 to 64 bytes, as Standard Webhooks has them. */
const webhookSecret = z.string().refine(isWebhookSecret, {
  error: 'is not whsec_ and 24 to 64 bytes in base64; make one with: echo whsec_$(openssl rand -base64 32)',
});

/** What begins topics: levels that are no wildcards. */
const topics = z.string().regex(/^[^+#\0/\s]{1,64}(?:\/[^+#\0/\s]{1,64}){0,7}$/, {
  error: 'is not the beginning of a topic, such as homeassistant, nor off',
});

/** Settings of hooks: what other systems are told, and who they are. */
export const hookSettings = {
  webhook: setting({
    flag: 'webhook',
    form: 'list',
    value: '<url>',
    description:
      'URL that is sent each event by POST, as Standard Webhooks has it; may be given many times; with a password better given as HLSSTREAM_WEBHOOK or in a file',
    schema: z
      .array(webhook)
      .refine((all) => new Set(all).size === all.length, { error: 'is there twice' })
      .refine((all) => all.length <= 16, { error: 'holds more than 16' })
      .default([]),
    secret: true,
  }),
  webhookFile: setting({
    flag: 'webhook-file',
    form: 'value',
    value: '<file>',
    description: 'file with such URLs, a line each',
    schema: z.string().min(1).optional(),
  }),
  webhookSecret: setting({
    flag: 'webhook-secret',
    form: 'list',
    value: '<secret>',
    description:
      'key that signs what webhooks are sent, whsec_…; several sign all of it, so that receivers can change over; without one nothing is signed; better given as HLSSTREAM_WEBHOOK_SECRET, or in a file',
    schema: z.array(webhookSecret).max(8, { error: 'holds more than 8' }).default([]),
    secret: true,
  }),
  webhookSecretFile: setting({
    flag: 'webhook-secret-file',
    form: 'value',
    value: '<file>',
    description: 'file with such keys, a line each',
    schema: z.string().min(1).optional(),
  }),
  mqtt: setting({
    flag: 'mqtt',
    form: 'value',
    value: '<url>',
    description:
      'MQTT broker, and what topics there begin with: mqtt://host/prefix, or mqtts:// for TLS; with a password better given as HLSSTREAM_MQTT, or in a file',
    schema: z
      .string()
      .refine((text) => isUrl(text, ['mqtt:', 'mqtts:']), {
        error: 'is not a URL that begins with mqtt:// or mqtts://',
      })
      .refine((text) => !/[?#]/.test(text), { error: 'has a ? or # in it, which URLs write as %3F and %23' })
      .refine((text) => topics.safeParse(prefixOf(text)).success, {
        error: 'names no prefix of topics, such as mqtt://host/hlsstream',
      })
      .optional(),
    secret: true,
  }),
  mqttFile: setting({
    flag: 'mqtt-file',
    form: 'value',
    value: '<file>',
    description: 'file whose first line is that URL',
    schema: z.string().min(1).optional(),
  }),
  mqttCa: setting({
    flag: 'mqtt-ca',
    form: 'value',
    value: '<file>',
    description: 'with mqtts://: certificates as PEM of who may have signed the certificate of the broker',
    schema: z.string().min(1).optional(),
  }),
  mqttDiscovery: setting({
    flag: 'mqtt-discovery',
    form: 'value',
    value: '<prefix|off>',
    description:
      'with --mqtt: what the topics begin with by which Home Assistant finds streams and classes; or off',
    schema: topics.default('homeassistant'),
  }),
  hookClasses: setting({
    flag: 'hook-classes',
    form: 'list',
    value: '<class>',
    description: 'class of markers that hooks tell of; may be given many times; by default all',
    schema: z
      .array(z.string().regex(CLASS, { error: 'is not 1 to 64 of the characters A-Z a-z 0-9 _ . : -' }))
      .default([]),
  }),
  hookStreams: setting({
    flag: 'hook-streams',
    form: 'list',
    value: '<name>',
    description: 'stream that hooks tell of; may be given many times; by default all in the store',
    schema: z
      .array(z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, { error: 'is not the name of a stream' }))
      .default([]),
  }),
  hookQueue: setting({
    flag: 'hook-queue',
    form: 'value',
    value: '<number>',
    description:
      'events that wait for each hook at most, 10 to 100000; above that the oldest marker that was not told of is dropped, and counted',
    schema: integer(10, 100_000).default(10_000),
  }),
  hookTimeout: setting({
    flag: 'hook-timeout',
    form: 'value',
    value: '<seconds>',
    description: 'how long a receiver may take to answer, 1 to 120 s; then it is tried again later',
    schema: number(1, 120).default(15),
  }),
};

/** What is said of hooks must be able to be meant. @throws HlsStreamError USAGE */
export function checkHooks({
  webhook,
  webhookSecret,
  mqtt,
  mqttCa,
}: {
  readonly webhook: readonly string[];
  readonly webhookSecret: readonly string[];
  readonly mqtt?: string | undefined;
  readonly mqttCa?: string | undefined;
}): void {
  if (webhookSecret.length > 0 && webhook.length === 0)
    throw new HlsStreamError('USAGE', '--webhook-secret signs what webhooks are sent; give --webhook, too');
  if (mqttCa !== undefined && !mqtt?.startsWith('mqtts:'))
    throw new HlsStreamError('USAGE', '--mqtt-ca is for TLS; give --mqtt mqtts://…, or leave it out');
}

function isUrl(text: string, protocols: readonly string[]): boolean {
  try {
    const { protocol, hostname } = new URL(text);
    return protocols.includes(protocol) && hostname !== '';
  } catch {
    return false;
  }
}

function isWebhookSecret(text: string): boolean {
  const [, base64 = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  const { length } = Buffer.from(base64, 'base64');
  return length >= 24 && length <= 64;
}
