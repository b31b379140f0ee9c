import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type HlsStreamError, messageOf } from '../../errors.ts';
import { type Database, diskCodeOf, identityOf, openDatabase } from '../../level/database.ts';
import type { MemoryStore } from '../memory/memory-store.ts';
import { type Change, CollectedChanges, DiskJournal } from './disk-journal.ts';
import { CLOSED_KEY, HEADER_KEY, STORE_SCHEMA, toRecord } from './records.ts';

/** How often the disk is looked at, in milliseconds: whether the folder is still there, or takes something again. */
const LOOK_MS = 1000;

/** What a {@link Keeper} works with. */
export interface KeeperOptions {
  readonly folder: string;
  /** Of the cursors. */
  readonly generation: string;
  /** What an acknowledged write survives. */
  readonly durability: 'process' | 'power';
  readonly notice: (sentence: string) => void;
  /** Told what keeps the store from the disk as it begins, and undefined when all of it is kept again. */
  readonly trouble?: ((error: HlsStreamError | undefined) => void) | undefined;
  /** How many calls to the disk have failed, by {@link diskCodeOf}; it is counted on here. */
  readonly failures?: Map<string, number> | undefined;
}

/** Keeps the journal writing: opens the database anew where it failed or its folder vanished, and writes everything. */
export class Keeper {
  readonly journal: DiskJournal;
  readonly #options: KeeperOptions;
  #database: Database;
  #identity: Promise<number | undefined>;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(database: Database, options: KeeperOptions) {
    this.#database = database;
    this.#options = options;
    this.#identity = identityOf(options.folder);
    this.journal = new DiskJournal(database, {
      synced: options.durability === 'power',
      counted: (error) => {
        const { failures } = options;
        failures?.set(diskCodeOf(error), (failures.get(diskCodeOf(error)) ?? 0) + 1);
      },
      failed: (error) => {
        options.notice(`${error.message}; going on in memory meanwhile`);
        options.trouble?.(error);
      },
    });
  }

  /** Looks once in a while. */
  watch(store: MemoryStore): void {
    this.#timer = setInterval(() => {
      this.#looking ??= this.#look(store).finally(() => {
        this.#looking = undefined;
      });
    }, LOOK_MS);
    this.#timer.unref();
  }

  /** Brings all that the Map holds into the database, in one step. */
  async rewrite(store: MemoryStore): Promise<void> {
    const { generation } = this.#options;
    const old: Change[] = [];
    for await (const key of this.#database.keys()) old.push({ type: 'del', key });
    const whole = new CollectedChanges();
    store.retell(whole);
    this.journal.goOn(this.#database, [...old, headerChange(generation), ...whole.changes]);
    await this.journal.kept();
  }

  /** Writes what is left, all of it where the folder was deleted a moment ago, and that nothing is missing. */
  async close(store: MemoryStore): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
    await this.#look(store);
    await this.journal.kept();
    if (this.journal.trouble === undefined) {
      const closed = { type: 'put', key: CLOSED_KEY, value: toRecord(CLOSED_KEY, true) } as const;
      await writeNow(this.#database, [closed]).catch(() => {});
    }
    await this.#database.close().catch(() => {});
  }

  async #look(store: MemoryStore): Promise<void> {
    const { folder, notice } = this.#options;
    if (this.journal.trouble === undefined) {
      if ((await identityOf(folder)) === (await this.#identity)) return;
      const reason = await stat(join(folder, 'LOCK')).then(() => 'it is another', messageOf);
      this.journal.fail(
        new Error(/no such file/.test(reason) ? `${folder} is gone` : `${folder}: ${reason}`),
      );
    }
    await this.journal.kept();
    await this.#database.close().catch(() => {});
    try {
      this.#database = await openDatabase(folder, { wait: 0 });
      this.#identity = identityOf(folder);
      await this.rewrite(store);
    } catch (error) {
      this.journal.fail(error);
    }
    if (this.journal.trouble !== undefined) return;
    notice(`all of the store is kept on disk again, in ${folder}`);
    this.#options.trouble?.(undefined);
  }
}

/** What a database of this version begins with. */
export function headerChange(generation: string): Change {
  const header = { schema: STORE_SCHEMA, generation };
  return { type: 'put', key: HEADER_KEY, value: toRecord(HEADER_KEY, header) };
}

/** Makes changes in one step and syncs them to the disk. */
export async function writeNow(database: Database, changes: readonly Change[]): Promise<void> {
  await database.batch([...changes], { sync: true });
}
