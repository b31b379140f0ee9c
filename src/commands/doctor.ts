import { createCanvas } from '@napi-rs/canvas';
import { secondsToMilliseconds } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { encoders } from '../config/stream.ts';
import { toErrorRecord } from '../errors.ts';
import { findFfmpeg, listEncoders } from '../ffmpeg/find.ts';
import { lookAtBroker, lookAtWebhook } from '../hooks/look.ts';
import { storageEngine } from '../storage/open.ts';
import { storeEngine } from '../store/open.ts';
import { checkPort } from './preflight.ts';
import { lookAtSource } from './source-check.ts';

/** Oldest Node that will do: major and minor. */
const OLDEST_NODE = [20, 19] as const;

/** One thing looked at: resolves to what was found, throws with what to do. */
interface Check {
  readonly subject: string;
  look(): Promise<string>;
}

function checks(config: Config): readonly Check[] {
  const media = storageEngine(config.media);
  const look = storeLook(config.store);
  return [
    {
      subject: 'Node',
      look: async () => {
        const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
        const old = major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]);
        if (old) throw new Error(`${process.version} is too old; install ${OLDEST_NODE.join('.')} or later`);
        return process.version;
      },
    },
    {
      subject: 'ffmpeg',
      look: async () => {
        const { version } = await findFfmpeg(config.ffmpeg);
        return `${version} (${config.ffmpeg})`;
      },
    },
    {
      subject: 'encoders',
      look: async () => {
        const known = await listEncoders(config.ffmpeg);
        const usable = encoders.filter((name) => known.has(name));
        if (usable.includes(config.encoder)) return `${usable.join(', ')}; ${config.encoder} will be used`;
        throw new Error(
          `${config.encoder} is missing; ${usable.length > 0 ? `choose --encoder ${usable.join(' or ')}` : 'install an ffmpeg with libx264'}`,
        );
      },
    },
    {
      subject: 'drawing',
      look: async () => {
        createCanvas(2, 2).getContext('2d').fillRect(0, 0, 1, 1);
        return 'the canvas library loads';
      },
    },
    { subject: 'source', look: () => lookAtSource(config) },
    {
      subject: 'port',
      look: async () => {
        await checkPort(config.host, config.port);
        return `${config.port} on ${config.host} is free`;
      },
    },
    { subject: media.subject, look: () => media.look(config) },
    ...(look ? [{ subject: 'store', look }] : []),
    ...hookChecks(config),
  ];
}

/** Whether those can be reached that are told of events. */
function hookChecks({ webhook, mqtt, mqttCa, hookTimeout }: Config): Check[] {
  const timeout = secondsToMilliseconds(hookTimeout);
  return [
    ...webhook.map((url) => ({ subject: 'webhook', look: () => lookAtWebhook(url, timeout) })),
    ...(mqtt === undefined
      ? []
      : [{ subject: 'MQTT', look: () => lookAtBroker({ url: mqtt, caFile: mqttCa, timeout }) }]),
  ];
}

/** Where the store is one that can be looked at. */
function storeLook(url: string | undefined): (() => Promise<string>) | undefined {
  const { look } = storeEngine(url) ?? {};
  return url !== undefined && look ? () => look(url) : undefined;
}

/** `hlsstream doctor`: looks at what the system needs and says what to do. Resolves to the exit code: 0 or 1. */
export async function doctor(config: Config): Promise<number> {
  let bad = 0;
  for (const { subject, look } of checks(config)) {
    const line = await look().then(
      (found) => `ok    ${subject}: ${found}`,
      (error: unknown) => {
        bad += 1;
        return `BAD   ${subject}: ${toErrorRecord(error).message}`;
      },
    );
    process.stdout.write(`${line}\n`);
  }
  process.stdout.write(
    bad === 0 ? 'All is well: hlsstream start\n' : `${bad} of the points above need you.\n`,
  );
  return bad === 0 ? 0 : 1;
}
