import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { ReadAccess } from '../api/access/read-access.ts';
import { secondsToMilliseconds } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { HlsStreamError } from '../errors.ts';
import { withLinks } from '../hooks/links.ts';
import { readAuthorities } from '../hooks/mqtt.ts';
import { MqttReceiver } from '../hooks/mqtt-receiver.ts';
import { Webhook } from '../hooks/webhook.ts';
import { signKeys } from './access-keys.ts';
import { asChild } from './child.ts';
import { openChildStore } from './child-store.ts';
import { type SendHooksOptions, sendHooks } from './send-hooks.ts';
import { statsName } from './shares-store.ts';

/** How long a link of a private system can be opened, in seconds. */
const SIGNED_SECONDS = 7 * 24 * 3600;

/** The hooks child: tells other systems what happens, each by itself, until it is told to stop. */
export async function run(config: Config): Promise<void> {
  const child = asChild('hooks', config);
  const base = publicAddress(config);
  const opened = receivers(config, base, child.log);
  if (opened.length === 0)
    throw new HlsStreamError('USAGE', 'hooks tells nobody anything; give it --webhook <url> or --mqtt <url>');
  const sign = await signer(config);
  const store = await openChildStore(child);
  try {
    await sendHooks(child, {
      ...{ store, receivers: opened, classes: config.hookClasses, streams: config.hookStreams },
      ...{ queue: config.hookQueue, defaultName: config.name },
      describe: (event) => withLinks(event, { base, sign }),
      statsName: statsName('hooks', config),
    });
  } finally {
    await store.close();
  }
}

/** Who is told, each by a key that says whom, on every host that shares the store. */
function receivers(config: Config, base: string, log: Logger): SendHooksOptions['receivers'] {
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
    page: (stream) => `${base}/?${new URLSearchParams({ stream })}`,
  });
  return [...webhooks, { key: keyOf('mqtt', mqtt, config), name: 'mqtt', receiver }];
}

function keyOf(kind: string, url: string, { hookClasses, hookStreams }: Config): string {
  const facts = [kind, url, [...hookClasses].sort().join(), [...hookStreams].sort().join()];
  return createHash('sha256').update(facts.join('\n')).digest('hex').slice(0, 16);
}

/** What people open this server by. */
function publicAddress({ publicUrl, publicPath, host, port, tlsCert }: Config): string {
  if (publicUrl !== undefined) return publicUrl;
  const name = host === '0.0.0.0' || host === '::' ? hostname() : host.includes(':') ? `[${host}]` : host;
  const scheme = tlsCert === undefined ? 'http' : 'https';
  return `${scheme}://${name}:${port}${publicPath?.replace(/\/$/, '') ?? ''}`;
}

/** What lets whoever is told into a private system, for one stream. */
async function signer(config: Config) {
  if (config.access !== 'private') return undefined;
  const access = new ReadAccess({ tokens: [], keys: await signKeys(config), now: Date.now });
  return (path: string, stream: string) => access.signPath(path, SIGNED_SECONDS, [stream]).path;
}
