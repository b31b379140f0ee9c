import { createHmac } from 'node:crypto';

/**
 * The header `webhook-signature` of Standard Webhooks: an HMAC-SHA256 over id, time and body for each key, so that a
 * receiver that knows one of them can tell who sent it.
 * @param secrets each `whsec_` and the key in base64
 * @param seconds since the Unix epoch
 */
export function signatures(secrets: readonly string[], id: string, seconds: number, body: string): string {
  return secrets
    .map((secret) => {
      const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
      return `v1,${createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')}`;
    })
    .join(' ');
}
