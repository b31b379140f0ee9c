import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { ReadAccess } from '../api/access/read-access.ts';
import { secondsToMilliseconds } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { withLinks } from '../hooks/links.ts';
import { readAuthorities } from '../hooks/mqtt.ts';
import { MqttReceiver } from '../hooks/mqtt-receiver.ts';
import { Webhook } from '../hooks/webhook.ts';
import { signKeys } from './access-keys.ts';
import type { SendHooksOptions } from './send-hooks.ts';

/** How long a link of a private system can be opened, in seconds. */
const SIGNED_SECONDS = 7 * 24 * 3600;

/** For whom hooks are sent. */
export interface HookPlace {
  readonly log: Logger;
  /** What people open this server by, without a slash at the end, unless the settings say it. */
  readonly base: () => string;
  /** Whoever came before has said already what is to be known of the settings. */
  readonly continues: boolean;
}

/**
 * Who is told what, as the settings say; undefined where they name nobody.
 * @throws HlsStreamError USAGE for files that cannot be read
 */
export async function hookOptions(
  config: Config,
  { log, base, continues }: HookPlace,
): Promise<Omit<SendHooksOptions, 'store' | 'statsName'> | undefined> {
  const address = () => config.publicUrl ?? base();
  const receivers = receiversOf(config, address, log);
  if (receivers.length === 0) return undefined;
  if (config.webhook.length > 0 && config.webhookSecret.length === 0 && !continues)
    log.warn(
      'webhooks are sent unsigned: their receivers cannot tell them from what others send; make a secret with: echo whsec_$(openssl rand -base64 32), and give it as HLSSTREAM_WEBHOOK_SECRET, or in a file with --webhook-secret-file',
    );
  const sign = await signer(config);
  return {
    ...{ receivers, classes: config.hookClasses, streams: config.hookStreams },
    ...{ queue: config.hookQueue, defaultName: config.name },
    describe: (event) => withLinks(event, { base: address(), sign }),
  };
}

/** What people open a server by that listens as the settings say, on this port. */
export function serverAddress(
  { publicPath, host, tlsCert }: Pick<Config, 'publicPath' | 'host' | 'tlsCert'>,
  port: number,
): string {
  const name = host === '0.0.0.0' || host === '::' ? hostname() : host.includes(':') ? `[${host}]` : host;
  const scheme = tlsCert === undefined ? 'http' : 'https';
  return `${scheme}://${name}:${port}${publicPath?.replace(/\/$/, '') ?? ''}`;
}

/** Who is told, each by a key that says whom, on every host that shares the store. */
function receiversOf(config: Config, base: () => string, log: Logger): SendHooksOptions['receivers'] {
  const { mqtt, mqttCa, mqttDiscovery } = config;
  // One that cannot be read is said now.
  if (mqttCa !== undefined) readAuthorities(mqttCa);
  const timeout = secondsToMilliseconds(config.hookTimeout);
  const webhooks = config.webhook.map((url, index) => ({
    key: keyOf('webhook', url, config),
    name: `webhook ${index + 1}`,
    receiver: new Webhook({ url, timeout, secrets: config.webhookSecret }),
  }));
  if (mqtt === undefined) return webhooks;
  const receiver = new MqttReceiver({
    ...{ url: mqtt, caFile: mqttCa, timeout, log },
    discovery: mqttDiscovery === 'off' ? undefined : mqttDiscovery,
    page: (stream) => `${base()}/?${new URLSearchParams({ stream })}`,
  });
  return [...webhooks, { key: keyOf('mqtt', mqtt, config), name: 'mqtt', receiver }];
}

function keyOf(kind: string, url: string, { hookClasses, hookStreams }: Config): string {
  const facts = [kind, url, [...hookClasses].sort().join(), [...hookStreams].sort().join()];
  return createHash('sha256').update(facts.join('\n')).digest('hex').slice(0, 16);
}

/** What lets whoever is told into a private system, for one stream. */
async function signer(config: Config) {
  if (config.access !== 'private') return undefined;
  const access = new ReadAccess({ tokens: [], keys: await signKeys(config), now: Date.now });
  return (path: string, stream: string) => access.signPath(path, SIGNED_SECONDS, [stream]).path;
}
