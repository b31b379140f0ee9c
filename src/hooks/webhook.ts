import { type Milliseconds, millisecondsToSeconds, secondsToMilliseconds } from '../clock.ts';
import { messageOf, percentDecoded } from '../errors.ts';
import type { SentEvent } from './event.ts';
import type { Outcome } from './lanes.ts';
import type { Receiver } from './receiver.ts';
import { signatures } from './signature.ts';

/** How many requests are under way at once at most. */
const CONCURRENCY = 8;

/** Where events are sent. */
export interface WebhookOptions {
  /** May hold a login. */
  readonly url: string;
  /** Keys that sign; none signs nothing. */
  readonly secrets: readonly string[];
  readonly timeout: Milliseconds;
  /** Milliseconds since the Unix epoch. */
  readonly now?: () => number;
}

/** What a URL is called where everybody may read it: the path is often the password. */
export function webhookLabel(url: string): string {
  return `webhook ${new URL(url).origin}`;
}

/** Sends events by POST, as Standard Webhooks has them. Follows no redirect: who is told says the operator alone. */
export class Webhook implements Receiver {
  readonly label: string;
  readonly concurrency = CONCURRENCY;
  readonly #options: WebhookOptions;
  readonly #url: string;
  readonly #login: Readonly<Record<string, string>>;

  constructor(options: WebhookOptions) {
    this.#options = options;
    this.label = webhookLabel(options.url);
    const url = new URL(options.url);
    const [user, password] = [url.username, url.password].map(percentDecoded);
    const basic = Buffer.from(`${user}:${password}`).toString('base64');
    this.#login = url.username === '' && url.password === '' ? {} : { Authorization: `Basic ${basic}` };
    // fetch takes no login in a URL.
    url.username = '';
    url.password = '';
    this.#url = url.href;
  }

  async send(event: SentEvent, stopping: AbortSignal): Promise<Outcome> {
    const { secrets, timeout, now = Date.now } = this.#options;
    const body = JSON.stringify(event);
    const seconds = Math.floor(millisecondsToSeconds(now()));
    const limit = AbortSignal.timeout(timeout);
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        body,
        redirect: 'manual',
        signal: AbortSignal.any([stopping, limit]),
        headers: {
          ...this.#login,
          'Content-Type': 'application/json',
          'User-Agent': 'hlsstream',
          'webhook-id': event.id,
          'webhook-timestamp': String(seconds),
          ...(secrets.length > 0 && { 'webhook-signature': signatures(secrets, event.id, seconds, body) }),
        },
      });
      // What it says beside the status is of no interest, however long it is.
      await response.body?.cancel().catch(() => {});
      return outcomeOf(response, now());
    } catch (error) {
      if (stopping.aborted) return { type: 'interrupted', reason: 'hlsstream stops' };
      if (limit.aborted)
        return { type: 'failed', reason: `has not answered within ${millisecondsToSeconds(timeout)} s` };
      return { type: 'failed', reason: `cannot be reached (${messageOf(reasonOf(error))})` };
    }
  }
}

/** fetch says only that it failed, and why in the cause. */
function reasonOf(error: unknown): unknown {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = (cause as { code?: unknown }).code;
  return cause instanceof Error && cause.message === '' && typeof code === 'string' ? code : cause;
}

function outcomeOf({ status, headers }: Response, now: number): Outcome {
  if (status >= 200 && status < 300) return { type: 'sent' };
  if (status === 410) return { type: 'gone', reason: 'answered 410 Gone' };
  if (status >= 300 && status < 400) {
    return {
      type: 'failed',
      reason: `answered ${status}, a redirect, which is not followed: give the URL it leads to`,
    };
  }
  const after = readRetryAfter(headers.get('retry-after'), now);
  return { type: 'failed', reason: `answered ${status}`, ...(after !== undefined && { after }) };
}

/** Retry-After (RFC 9110 §10.2.3): seconds, or a date. */
function readRetryAfter(text: string | null, now: number): Milliseconds | undefined {
  if (text === null) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(text)) return secondsToMilliseconds(Number(text));
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
