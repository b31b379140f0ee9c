import { access, constants, mkdir, open, readdir, rename, rm, unlink } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import type { Milliseconds } from '../clock.ts';
import { HlsStreamError } from '../errors.ts';
import { removeAbandoned } from './abandoned.ts';
import type { StorageEngine } from './engine.ts';
import { lockFolder } from './folder-lock.ts';
import { isObjectPath, objectPath } from './object-path.ts';
import { readOwnFile } from './own-file.ts';
import type { LossListener, Stock, Storage } from './storage.ts';
import { DirectoryUsage } from './usage.ts';

/** How long a process may take to leave whose launcher was killed, in milliseconds. */
const LEAVING_MS: Milliseconds = 5000;

/** Media in a folder of this host, or one that is mounted. */
export const diskEngine: StorageEngine = {
  name: 'disk',
  place: 'below --data-dir',
  subject: 'data directory',
  lookAtStart: true,
  async look({ dataDir }) {
    await checkDataDir(dataDir);
    return `${dataDir} can be written`;
  },
  async open({ dataDir }, { expiry }) {
    const storage = new DiskStorage(dataDir);
    return {
      storage,
      async reachable() {},
      onLoss: (listener) => storage.onLoss(listener),
      stock: (folder) => storage.stock(folder),
      lock: (folder) => lockFolder(join(dataDir, folder), { wait: LEAVING_MS, keep: expiry }),
      usage: new DirectoryUsage(dataDir),
      removeAbandoned: (own) => removeAbandoned(dataDir, own),
      async close() {},
    };
  },
};

/** How often it is looked for what was deleted, in milliseconds; and how many times as long as looking takes at least. */
const LOOK_MS: Milliseconds = 5000;
const LOOK_SHARE = 200;

/** How an object is called while it is written. */
const DRAFT = /[/\\]\.\d+-\d+\.draft$/;

/** The data directory exists or can be made, and can be written. @throws HlsStreamError DATA_DIR_NOT_WRITABLE */
async function checkDataDir(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new HlsStreamError(
      'DATA_DIR_NOT_WRITABLE',
      `cannot write to ${resolve(folder)} (${(cause as Error).message}); choose another --data-dir`,
      { cause },
    );
  }
}

/** Media bytes as files below one folder. An object is written beside its place and renamed into it. */
export class DiskStorage implements Storage {
  readonly #root: string;
  readonly #knownFolders = new Set<string>();
  readonly #losses = new Set<LossListener>();
  #drafts = 0;

  /** @param root folder below which everything goes; made when the first object is written */
  constructor(root: string) {
    this.#root = resolve(root);
  }

  async write(path: string, chunks: readonly Uint8Array[]): Promise<void> {
    const target = this.#locate(path);
    const known = this.#knownFolders.has(dirname(target));
    try {
      await this.#writeWhole(target, chunks).catch(async (error: unknown) => {
        if (!known || !isMissing(error)) throw error;
        // Somebody deleted the folder, and what was in it.
        await this.#writeWhole(target, chunks);
        this.#tellLosses();
      });
    } catch (cause) {
      throw failure(`cannot write ${target}`, cause);
    }
  }

  /** Calls `listener` now, when a folder was found deleted, and once in a while: a disk does not say what was deleted. */
  onLoss(listener: LossListener): () => void {
    let timer: NodeJS.Timeout | undefined;
    const look = async () => {
      const began = performance.now();
      await this.#tellLoss(listener);
      // Where there is much to look at, less often.
      const pause = Math.max(LOOK_MS, LOOK_SHARE * (performance.now() - began));
      if (this.#losses.has(listener)) timer = setTimeout(() => void look(), pause).unref();
    };
    this.#losses.add(listener);
    void look();
    return () => {
      this.#losses.delete(listener);
      clearTimeout(timer);
    };
  }

  /** See {@link OpenStorage.stock}. */
  async stock(path: string): Promise<Stock> {
    try {
      const entries = await readdir(this.#locate(path), { withFileTypes: true, recursive: true });
      const files = entries
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => join(parentPath, name));
      const drafts = files.filter((file) => DRAFT.test(file));
      for (const draft of drafts) await unlink(draft);
      const objects = files.map((file) => relative(this.#root, file).replaceAll(sep, '/'));
      return { objects: objects.filter(isObjectPath), discarded: drafts.length };
    } catch (cause) {
      if (isMissing(cause)) return { objects: [], discarded: 0 };
      throw failure(`cannot list ${this.#locate(path)}`, cause);
    }
  }

  async read(path: string): Promise<Buffer | undefined> {
    try {
      return await readOwnFile(this.#root, objectPath(path));
    } catch (cause) {
      if (isMissing(cause)) return undefined;
      throw failure(`cannot read ${this.#locate(path)}`, cause);
    }
  }

  async remove(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      try {
        await unlink(this.#locate(path));
      } catch (cause) {
        if (!isMissing(cause)) throw failure(`cannot remove ${this.#locate(path)}`, cause);
      }
    }
  }

  async removeFolder(path: string): Promise<void> {
    this.#knownFolders.clear();
    try {
      await rm(this.#locate(path), { recursive: true, force: true });
    } catch (cause) {
      throw failure(`cannot remove ${this.#locate(path)}`, cause);
    }
  }

  async folders(path: string): Promise<string[]> {
    try {
      const entries = await readdir(this.#locate(path), { withFileTypes: true });
      return entries
        .filter((entry) => entry.isDirectory() && isObjectPath(entry.name))
        .map((entry) => entry.name)
        .sort();
    } catch (cause) {
      if (isMissing(cause)) return [];
      throw failure(`cannot list ${this.#locate(path)}`, cause);
    }
  }

  async #writeWhole(target: string, chunks: readonly Uint8Array[]): Promise<void> {
    this.#drafts += 1;
    const draft = join(dirname(target), `.${process.pid}-${this.#drafts}.draft`);
    try {
      await this.#ensureFolder(dirname(target));
      const file = await open(draft, 'w');
      try {
        await file.writev(chunks as Uint8Array[]);
      } finally {
        await file.close();
      }
      await rename(draft, target);
    } catch (error) {
      this.#knownFolders.clear();
      await unlink(draft).catch(() => {});
      throw error;
    }
  }

  #tellLosses(): void {
    for (const listener of this.#losses) void this.#tellLoss(listener);
  }

  async #tellLoss(listener: LossListener): Promise<void> {
    const there = new Map<string, Promise<ReadonlySet<string>>>();
    // Folders are read once, after the listener has asked, however many objects it asks for.
    const has = async (path: string) => {
      const folder = dirname(path);
      const names = there.get(folder) ?? this.#names(folder);
      there.set(folder, names);
      return (await names).has(basename(path));
    };
    // What cannot be read now is found missing by whoever asks for it.
    await listener(has).catch(() => {});
  }

  async #names(path: string): Promise<ReadonlySet<string>> {
    try {
      return new Set(await readdir(this.#locate(path)));
    } catch (cause) {
      if (isMissing(cause)) return new Set();
      throw failure(`cannot list ${this.#locate(path)}`, cause);
    }
  }

  #locate(path: string): string {
    return join(this.#root, objectPath(path));
  }

  async #ensureFolder(folder: string): Promise<void> {
    if (this.#knownFolders.has(folder)) return;
    await mkdir(folder, { recursive: true });
    this.#knownFolders.add(folder);
  }
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function failure(what: string, cause: unknown): HlsStreamError {
  if (cause instanceof HlsStreamError) return cause;
  return new HlsStreamError('STORAGE_FAILED', `${what}: ${cause instanceof Error ? cause.message : cause}`, {
    cause,
  });
}
