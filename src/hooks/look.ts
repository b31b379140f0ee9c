import type { Milliseconds } from '../clock.ts';
import { HlsStreamError, messageOf } from '../errors.ts';
import { type BrokerOptions, brokerLabel, connectBroker } from './mqtt.ts';
import { webhookLabel } from './webhook.ts';

/**
 * Whether somebody answers at the URL of a webhook; it is told nothing. Resolves to what was found.
 * @throws HlsStreamError HOOK_FAILED
 */
export async function lookAtWebhook(url: string, timeout: Milliseconds): Promise<string> {
  const { origin, pathname, search } = new URL(url);
  try {
    const signal = AbortSignal.timeout(timeout);
    const response = await fetch(`${origin}${pathname}${search}`, {
      method: 'HEAD',
      redirect: 'manual',
      signal,
    });
    return `${webhookLabel(url)} answers (${response.status} to HEAD)`;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new HlsStreamError(
      'HOOK_FAILED',
      `${webhookLabel(url)} cannot be reached (${messageOf(cause)}); look at --webhook and whether its server runs`,
    );
  }
}

/**
 * Whether a broker can be reached and takes the login; nothing is published. Resolves to what was found.
 * @throws HlsStreamError HOOK_FAILED, USAGE
 */
export async function lookAtBroker(options: BrokerOptions): Promise<string> {
  const client = await connectBroker(options);
  client.end(true);
  return `${brokerLabel(options.url)} takes the connection`;
}
