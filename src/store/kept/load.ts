import { HlsStreamError } from '../../errors.ts';
import { type Database, droppedBytes } from '../../level/database.ts';
import type { KeptEntry, KeptLog, KeptState } from '../memory/journal.ts';
import type { StoreValue } from '../store.ts';
import {
  CLOSED_KEY,
  fromRecord,
  HEADER_KEY,
  type Header,
  parseKey,
  STORE_SCHEMA,
  TOKENS_KEY,
  unpackEntry,
} from './records.ts';

/** What was found in a database. */
export interface Loaded extends Omit<KeptState, 'generation'> {
  /** Undefined for one that is new, or whose header was damaged. */
  readonly generation: string | undefined;
  /** Keys of records whose bytes are not those that were written. */
  readonly damaged: readonly string[];
  /** Logs that lack an entry, the damaged ones among them. */
  readonly incomplete: readonly string[];
  /** How much LevelDB left out, in bytes. */
  readonly dropped: number;
  /** It was not read to its end. */
  readonly broken: boolean;
}

/**
 * Reads all that is whole. @throws HlsStreamError STORE_NEWER for one that a newer version wrote
 */
export async function load(database: Database, folder: string): Promise<Loaded> {
  const values = new Map<string, StoreValue>();
  const tokens = new Map<string, number>();
  const reserved = new Map<string, number>();
  const entries = new Map<string, KeptEntry[]>();
  const damaged: string[] = [];
  let tokensReserved = 0;
  const header = await readHeader(database, folder);
  if (header === undefined && (await hasRecords(database))) damaged.push(HEADER_KEY);
  const take = (key: string, bytes: Buffer) => {
    const record = fromRecord(key, bytes);
    if (record === undefined) damaged.push(key);
    else if (key === TOKENS_KEY) tokensReserved = record.value as number;
    if (record === undefined) return;
    const { value } = record;
    const { kind, name = '' } = parseKey(key) ?? {};
    if (kind === 'value') values.set(name, value);
    else if (kind === 'token') tokens.set(name, value as number);
    else if (kind === 'numbers') reserved.set(name, value as number);
    else if (kind === 'entry') {
      const list = entries.get(name);
      if (list === undefined) entries.set(name, [unpackEntry(value)]);
      else list.push(unpackEntry(value));
    }
  };
  const broken = !(await readAll(database, take));
  const closed = (await database.get(CLOSED_KEY).catch(() => undefined)) !== undefined;
  const dropped = await droppedBytes(folder);
  const whole = !broken && damaged.length + dropped === 0;
  const logs = new Map<string, KeptLog>();
  for (const name of new Set([...entries.keys(), ...reserved.keys()])) {
    const list = entries.get(name) ?? [];
    const next = (list.at(-1)?.number ?? -1) + 1;
    const below = Math.max(next, reserved.get(name) ?? 0);
    // Whatever may have been given since it was kept last is not given again, nor what an ephemeral log has held.
    const known = closed && whole && list.length > 0;
    logs.set(name, { entries: list, next: known ? next : below, reserved: below });
  }
  const incomplete = [...entries].filter(([, list]) => lacksEntry(list)).map(([name]) => name);
  const generation = header?.generation;
  return { generation, values, tokens, tokensReserved, logs, damaged, incomplete, dropped, broken };
}

async function readHeader(database: Database, folder: string): Promise<Header | undefined> {
  const bytes = await database.get(HEADER_KEY).catch(() => undefined);
  const header = bytes && (fromRecord(HEADER_KEY, bytes)?.value as Header | undefined);
  if (header !== undefined && header.schema > STORE_SCHEMA) {
    throw new HlsStreamError(
      'STORE_NEWER',
      `${folder} was written by a newer hlsstream (version ${header.schema} of the store, and this one knows ${STORE_SCHEMA}): use that one, or choose another --data-dir; nothing was changed`,
    );
  }
  return header;
}

async function hasRecords(database: Database): Promise<boolean> {
  try {
    for await (const _ of database.keys({ limit: 1 })) return true;
    return false;
  } catch {
    return true;
  }
}

/** Says whether it came to the end. */
async function readAll(database: Database, take: (key: string, bytes: Buffer) => void): Promise<boolean> {
  try {
    for await (const [key, bytes] of database.iterator()) if (key !== HEADER_KEY) take(key, bytes);
    return true;
  } catch {
    return false;
  }
}

/** Whether something is missing between two entries. */
function lacksEntry(entries: readonly KeptEntry[]): boolean {
  return entries.some(({ previous }, index) => index > 0 && previous !== entries[index - 1]?.number);
}
