import { randomBytes } from 'node:crypto';
import type { Milliseconds } from '../../clock.ts';
import { HlsStreamError, messageOf } from '../../errors.ts';
import {
  type Database,
  diskCodeOf,
  isDamage,
  openDatabase,
  repairDatabase,
  setAside,
} from '../../level/database.ts';
import { MemoryStore, type MemoryStoreOptions } from '../memory/memory-store.ts';
import { STORE_DAMAGED_KEY } from '../store.ts';
import type { Change } from './disk-journal.ts';
import { headerChange, Keeper, type KeeperOptions, writeNow } from './keeper.ts';
import { type Loaded, load } from './load.ts';
import { CLOSED_KEY } from './records.ts';

/** How the Map is kept. */
export interface KeptStoreOptions
  extends Pick<MemoryStoreOptions, 'isolated'>,
    Pick<KeeperOptions, 'trouble'> {
  /** Folder of its own, made if missing. */
  readonly folder: string;
  /** What an acknowledged write survives: the death of every process, or a power cut as well. @default process */
  readonly durability?: 'process' | 'power';
  /** How long to wait for a process that has the folder open, in milliseconds. @default 0 */
  readonly wait?: Milliseconds;
  /** Gives up waiting. */
  readonly signal?: AbortSignal;
  /** Begins with nothing, whatever was kept. @default false */
  readonly fresh?: boolean;
  /** Told in a sentence what is not whole or not kept, and what was done about it. */
  readonly notice: (sentence: string) => void;
  /** Called where the disk is too full to open it, again and again; resolves to the bytes that were freed. */
  readonly makeRoom?: () => Promise<number>;
  /** How many calls to the disk have failed, by what they failed with; it is counted on here. */
  readonly failures?: Map<string, number>;
}

/** The Map, kept in a folder. */
class KeptStore extends MemoryStore {
  readonly #keeper: Keeper;
  #closing: Promise<void> | undefined;

  constructor(keeper: Keeper, options: MemoryStoreOptions) {
    super({ ...options, journal: keeper.journal });
    this.#keeper = keeper;
    keeper.watch(this);
  }

  override close(): Promise<void> {
    this.#closing ??= super.close().then(() => this.#keeper.close(this));
    return this.#closing;
  }
}

/**
 * Opens the Map that is kept in a folder: what was acknowledged in an earlier life is there, under the same cursors. A
 * damaged one opens with what is whole and begins another generation, so that whoever has folded more tells it again.
 * @throws HlsStreamError DATA_DIR_BUSY, DATA_DIR_NOT_WRITABLE, STORE_NEWER, STORE_FAILED
 */
export async function openKeptStore(options: KeptStoreOptions): Promise<MemoryStore> {
  const { notice, makeRoom = async () => 0 } = options;
  for (;;) {
    try {
      return await openOnce(options);
    } catch (error) {
      const isFull = ['ENOSPC', 'EDQUOT'].includes(diskCodeOf(error));
      const bytes = isFull ? await makeRoom() : 0;
      if (bytes === 0) throw error;
      notice(`the disk is full: ${bytes} bytes of the oldest media went, so that the store can be opened`);
    }
  }
}

async function openOnce(options: KeptStoreOptions): Promise<MemoryStore> {
  const { folder, notice, durability = 'process', isolated = true, fresh = false } = options;
  const { database, loaded, state } = await openAndLoad(options);
  const { damaged: bad, incomplete, dropped } = loaded;
  const whole = bad.length + incomplete.length + dropped === 0 && state === 'as it was';
  if (!whole) reportLosses(loaded, notice);
  const generation = (whole ? loaded.generation : undefined) ?? randomBytes(4).toString('hex');
  const damaged = bad.map((key): Change => ({ type: 'del', key }));
  await writeNow(database, [...damaged, headerChange(generation), { type: 'del', key: CLOSED_KEY }]);
  const keeper = new Keeper(database, {
    ...{ folder, generation, durability, notice },
    ...{ failures: options.failures, trouble: options.trouble },
  });
  const store = new KeptStore(keeper, { state: { ...loaded, generation }, isolated });
  if (state === 'anew') await keeper.rewrite(store);
  if (!whole && !fresh) await store.set(STORE_DAMAGED_KEY, Date.now());
  return store;
}

interface Opened {
  readonly database: Database;
  readonly loaded: Loaded;
}

interface OpenedSomehow extends Opened {
  /** Nobody knows what a repaired database has lost. */
  readonly state: 'as it was' | 'repaired' | 'anew';
}

async function openAndLoad(options: KeptStoreOptions): Promise<OpenedSomehow> {
  const { folder, notice } = options;
  const open = () => attempt(options);
  const first = await open();
  if (first?.loaded.broken === false) return { ...first, state: 'as it was' };
  await first?.database.close();
  notice(`the store in ${folder} is damaged; having it repaired`);
  const second = (await repairDatabase(folder)) ? await open() : undefined;
  if (second?.loaded.broken === false) {
    const { values, logs } = second.loaded;
    const entries = [...logs.values()].reduce((sum, log) => sum + log.entries.length, 0);
    notice(
      `the store in ${folder} was repaired: ${values.size} values and ${entries} entries of logs are whole, and what could not be read of its files is lost`,
    );
    return { ...second, state: 'repaired' };
  }
  await second?.database.close();
  const aside = await setAside(folder);
  notice(
    `the store in ${folder} cannot be repaired; what is whole of it goes on, and the rest lies in ${aside}`,
  );
  const anew = await open();
  if (anew === undefined)
    throw new HlsStreamError('STORE_FAILED', `${folder} cannot be opened, nor made anew; look at the disk`);
  return { database: anew.database, loaded: (second ?? first ?? anew).loaded, state: 'anew' };
}

/** Undefined where LevelDB cannot open it. */
async function attempt({
  folder,
  wait = 0,
  signal,
  fresh = false,
}: KeptStoreOptions): Promise<Opened | undefined> {
  let database: Database | undefined;
  try {
    database = await openDatabase(folder, { wait, signal });
    // Whatever is in it, and whoever wrote that.
    if (fresh) await database.clear();
    return { database, loaded: await load(database, folder) };
  } catch (error) {
    await database?.close().catch(() => {});
    if (error instanceof HlsStreamError) throw error;
    if (isDamage(error)) return undefined;
    const message = `the store in ${folder} cannot be opened (${messageOf(error)}); look at the disk, or choose another --data-dir`;
    throw new HlsStreamError('STORE_FAILED', message, { cause: error });
  }
}

function reportLosses({ damaged, incomplete, dropped }: Loaded, notice: (sentence: string) => void): void {
  if (dropped > 0) notice(`${dropped} bytes of the newest writes of the store were damaged and are left out`);
  if (damaged.length > 0)
    notice(`${damaged.length} records of the store were damaged and are left out: ${listed(damaged)}`);
  if (incomplete.length > 0)
    notice(`entries are missing in ${incomplete.length} logs of the store: ${listed(incomplete)}`);
}

function listed(names: readonly string[]): string {
  return names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
}
