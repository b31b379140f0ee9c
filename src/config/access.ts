import { z } from 'zod';
import { setting } from './kinds.ts';

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
};
