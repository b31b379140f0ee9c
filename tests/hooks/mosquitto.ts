import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IClientOptions, MqttClient } from 'mqtt';
import { connectAsync } from 'mqtt';
import { freePort } from '../system/free-port.ts';
import { until } from '../until.ts';

/** A broker of the test's own; it forgets all when it ends. */
export interface Broker {
  readonly port: number;
  /** Ends it with SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts mosquitto on loopback: free port, temporary folder.
 * @param lines more of its configuration
 */
export async function startBroker(lines: readonly string[] = ['allow_anonymous true']): Promise<Broker> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'hlsstream-mosquitto-'));
  const file = join(folder, 'mosquitto.conf');
  await writeFile(file, [`listener ${port} 127.0.0.1`, 'persistence false', ...lines, ''].join('\n'));
  let server: ChildProcess;
  const launch = async () => {
    // Debian has it where only root looks.
    const PATH = `${process.env.PATH}:/usr/sbin:/usr/local/sbin`;
    server = spawn('mosquitto', ['-c', file], { stdio: 'ignore', env: { ...process.env, PATH } });
    await until('the broker listens', 20, () => listens(port));
  };
  const end = async (signal: NodeJS.Signals) => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const left = once(server, 'exit');
    server.kill(signal);
    await left;
  };
  await launch();
  return {
    port,
    kill: () => end('SIGKILL'),
    restart: launch,
    stop: async () => {
      await end('SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dial(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** Somebody who hears what is published. */
export interface Listener {
  readonly client: MqttClient;
  /** All that came, as `<topic> <payload>`. */
  readonly heard: readonly string[];
  /** The newest payload of each topic. */
  readonly newest: ReadonlyMap<string, string>;
  close(): Promise<void>;
}

/** Subscribes to everything at a broker, and comes back to it. */
export async function listenTo(url: string, options: IClientOptions = {}): Promise<Listener> {
  const client = await connectAsync(url, { reconnectPeriod: 100, ...options });
  const heard: string[] = [];
  const newest = new Map<string, string>();
  client.on('error', () => {});
  client.on('message', (topic, payload) => {
    heard.push(`${topic} ${payload}`);
    newest.set(topic, String(payload));
  });
  await client.subscribeAsync('#', { qos: 1 });
  return {
    ...{ client, heard, newest },
    close: async () => {
      await client.endAsync(true);
    },
  };
}
