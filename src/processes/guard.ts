import { parseReadToken } from '../api/access/tokens.ts';
import type { Config } from '../config/config.ts';
import { hide, secretsIn } from '../errors.ts';

/** What a new folder may be at most, whoever makes it. */
const ALL = 0o777;

/** Keeps what this process makes and says to those whom it concerns: modes of files, and secrets in its words. */
export function guard(config: Config): void {
  process.umask(ALL & ~Number.parseInt(config.dataMode, 8));
  const { token, readToken, signKey, store, mediaUrl, source, inputOption, webhook, mqtt } = config;
  hide([
    ...(token === undefined ? [] : [token]),
    ...readToken.map((text) => parseReadToken(text).secret),
    ...[...signKey, ...config.webhookSecret],
    ...[store, mediaUrl, source, mqtt, ...webhook].flatMap(secretsIn),
    ...inputOption
      .filter((option) => /^(?:passphrase|streamid|srt_streamid|cookies)=/.test(option))
      .map(valueIn),
  ]);
}

function valueIn(option: string): string {
  return option.slice(option.indexOf('=') + 1);
}
