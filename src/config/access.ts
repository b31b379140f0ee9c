import { isIP } from 'node:net';
import { z } from 'zod';
import { integer, setting } from './kinds.ts';

/** `<secret>`, or the names of streams joined by plus signs, a colon and the secret. */
const readToken = z
  .string()
  .max(4096)
  .regex(/^(?:[A-Za-z0-9_-]{1,64}(?:\+[A-Za-z0-9_-]{1,64})*:)?[^\s:,]*$/, {
    error: 'is not a secret without spaces, colons and commas, with the names of streams before it or not',
  })
  .refine((text) => text.slice(text.indexOf(':') + 1).length >= 8, { error: 'is shorter than 8 characters' });

/** Settings of access: who may read. */
export const accessSettings = {
  access: setting({
    flag: 'access',
    form: 'value',
    value: '<public|private>',
    description:
      'who may read: everybody who reaches the server, or only who signs in, shows a token or comes by a signed path',
    schema: z.enum(['public', 'private'], { error: 'is neither public nor private' }).default('public'),
  }),
  readToken: setting({
    flag: 'read-token',
    form: 'list',
    value: '<secret>',
    description:
      'token that lets read with --access private, 8 or more characters; yard+door:<secret> opens those streams only; may be given many times; better given as HLSSTREAM_READ_TOKEN',
    schema: z.array(readToken).default([]),
    secret: true,
  }),
  signKey: setting({
    flag: 'sign-key',
    form: 'list',
    value: '<secret>',
    description:
      'key of sessions and signed paths, 16 or more characters; the first one signs, all are believed; better given as HLSSTREAM_SIGN_KEY, or in a file',
    schema: z
      .array(
        z
          .string()
          .min(16, { error: 'is shorter than 16 characters' })
          .max(512)
          .regex(/^[^,\s]*$/, { error: 'has a comma or a space in it' }),
      )
      .default([]),
    secret: true,
  }),
  signKeyFile: setting({
    flag: 'sign-key-file',
    form: 'value',
    value: '<file>',
    description: 'file with such keys, a line each; by default one that is made below --data-dir',
    schema: z.string().min(1).optional(),
  }),
  failedTokens: setting({
    flag: 'failed-tokens',
    form: 'value',
    value: '<number>',
    description:
      'wrong tokens that one address may show at once to all API processes of a store together, 1 to 1000000; then one each 6 s, and 429 for the rest',
    schema: integer(1, 1_000_000).default(10),
  }),
  writeRate: setting({
    flag: 'write-rate',
    form: 'value',
    value: '<number>',
    description:
      'requests a second by which one address may write, or sign in, at each API process, 1 to 1000000; above that it gets 429',
    schema: integer(1, 1_000_000).default(200),
  }),
  eventsPerAddress: setting({
    flag: 'events-per-address',
    form: 'value',
    value: '<number>',
    description:
      'event streams that one address may have open at each API process, 1 to 1000000; above that it gets 429',
    schema: integer(1, 1_000_000).default(1000),
  }),
  blockingPerAddress: setting({
    flag: 'blocking-per-address',
    form: 'value',
    value: '<number>',
    description:
      'requests of one address that each API process holds back until new media comes, 1 to 1000000; above that 429',
    schema: integer(1, 1_000_000).default(5000),
  }),
  trustProxy: setting({
    flag: 'trust-proxy',
    form: 'list',
    value: '<address>',
    description:
      'address, or network as 10.0.0.0/8, of a proxy whose X-Forwarded-For says who asks; may be given many times; by default all behind a proxy count as one address',
    schema: z
      .array(z.string().refine(isNetwork, { error: 'is not an address or a network such as 10.0.0.0/8' }))
      .default([]),
  }),
};

function isNetwork(text: string): boolean {
  const [address = '', bits, more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more !== undefined) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 6 ? 128 : 32));
}
