import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Relay } from '../../src/launcher/relay.ts';
import { IpcStore, type IpcStoreOptions } from '../../src/store/ipc/ipc-client.ts';
import { loopback } from './loopback.ts';

/** A relay with a real sync child, clients in this process and clients that are processes of their own. */
export class ForkedStore {
  readonly relay = new Relay();
  readonly #children = new Set<ChildProcess>();
  readonly #stores: IpcStore[] = [];
  readonly #folders: string[] = [];
  sync: ChildProcess | undefined;

  /**
   * Starts sync, again if there was one; resolves when it serves.
   * @param dataDir where it keeps the Map. Default: a new folder, so that it comes back empty
   */
  async startSync(dataDir?: string): Promise<ChildProcess> {
    const folder = dataDir ?? (await this.folder());
    const sync = this.#fork(new URL('./fixtures/sync.js', import.meta.url), [folder]);
    const ready = once(sync, 'message');
    await ready;
    this.sync = sync;
    this.relay.attachSync(sync);
    return sync;
  }

  /** A client in this process. */
  client(options?: IpcStoreOptions): IpcStore {
    const { child, parent } = loopback();
    this.relay.attachClient(parent);
    const store = new IpcStore(child, options);
    this.#stores.push(store);
    return store;
  }

  /** A client process with a task; see fixtures/client.ts. */
  forkClient(task: 'follow' | 'subscribe' | 'append', name: string): ClientProcess {
    const child = this.#fork(new URL('./fixtures/client.js', import.meta.url), [task, name]);
    this.relay.attachClient(child);
    return new ClientProcess(child);
  }

  async close(): Promise<void> {
    for (const store of this.#stores) await store.close();
    await Promise.all([...this.#children].map(kill));
    await Promise.all(this.#folders.map((folder) => rm(folder, { recursive: true, force: true })));
  }

  /** A new folder, removed in the end. */
  async folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'hlsstream-store-'));
    this.#folders.push(folder);
    return folder;
  }

  #fork(script: URL, args: readonly string[]): ChildProcess {
    const child = fork(script, args, {
      serialization: 'advanced',
      env: { ...process.env, HLSSTREAM_LAUNCHED: '1' },
    });
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }
}

/** What a client process reported so far. */
export class ClientProcess {
  readonly process: ChildProcess;
  readonly reports: unknown[][] = [];

  constructor(child: ChildProcess) {
    this.process = child;
    child.on('message', (message: unknown[]) => {
      if (message[0] === 'report') this.reports.push(message.slice(1));
    });
  }
}

/** Ends a child for certain, also a stopped one. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const left = once(child, 'exit');
  child.kill('SIGKILL');
  await left;
}
