import fs from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import type { Milliseconds } from '../clock.ts';
import type { HlsStreamError } from '../errors.ts';
import { removeAbandoned } from './abandoned.ts';
import { checkDataDir, refuseLink } from './data-dir.ts';
import { type Disk, diskFailure, errnoOf, isMissing } from './disk-calls.ts';
import type { StorageEngine } from './engine.ts';
import { lockFolder } from './folder-lock.ts';
import { isObjectPath, objectPath } from './object-path.ts';
import { readOwnFile } from './own-file.ts';
import type { LossListener, Space, Stock, Storage } from './storage.ts';
import { DirectoryUsage } from './usage.ts';

/** How long a process may take to leave whose launcher was killed, in milliseconds. */
const LEAVING_MS: Milliseconds = 5000;

/** Media in a folder of this host, or one that is mounted. */
export const diskEngine: StorageEngine = {
  name: 'disk',
  inDataDir: true,
  place: 'below --data-dir',
  subject: 'data directory',
  lookAtStart: true,
  async look({ dataDir }) {
    await checkDataDir(dataDir);
    return `${dataDir} can be written`;
  },
  async open({ dataDir }, { expiry, keep }) {
    if (keep !== undefined) await refuseLink(join(dataDir, keep));
    const storage = new DiskStorage(dataDir);
    return {
      storage,
      async reachable() {},
      onLoss: (listener) => storage.onLoss(listener),
      stock: (folder) => storage.stock(folder),
      size: (path) => storage.size(path),
      space: () => storage.space(),
      failures: storage.failures,
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

/** Media bytes as files below one folder. An object is written beside its place and renamed into it. */
export class DiskStorage implements Storage {
  /** How many calls have failed so far, by the operating system's code. */
  readonly failures = new Map<string, number>();
  readonly #root: string;
  readonly #disk: Disk;
  readonly #knownFolders = new Set<string>();
  readonly #losses = new Set<LossListener>();
  #drafts = 0;

  /** @param root folder below which everything goes; made when the first object is written */
  constructor(root: string, disk: Disk = fs) {
    this.#root = resolve(root);
    this.#disk = disk;
  }

  async write(path: string, chunks: readonly Uint8Array[]): Promise<void> {
    const target = this.#locate(path);
    const known = this.#knownFolders.has(dirname(target));
    try {
      await this.#writeWhole(target, chunks).catch(async (error: unknown) => {
        if (!known || !isMissing(error)) throw error;
        // Somebody deleted the folder, and what was in it.
        await this.#writeWhole(target, chunks);
        this.#reportLosses();
      });
    } catch (cause) {
      throw this.#failure(`cannot write ${target}`, cause);
    }
  }

  /** Calls `listener` now, when a folder was found deleted, and once in a while: a disk does not say what was deleted. */
  onLoss(listener: LossListener): () => void {
    let timer: NodeJS.Timeout | undefined;
    const look = async () => {
      const began = performance.now();
      await this.#reportLoss(listener);
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
      const entries = await this.#disk.readdir(this.#locate(path), { withFileTypes: true, recursive: true });
      const files = entries
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => join(parentPath, name));
      const drafts = files.filter((file) => DRAFT.test(file));
      const gone = await Promise.allSettled(drafts.map((draft) => this.#disk.unlink(draft)));
      const discarded = gone.filter(({ status }) => status === 'fulfilled').length;
      const objects = files.map((file) => relative(this.#root, file).replaceAll(sep, '/'));
      return { objects: objects.filter(isObjectPath), discarded };
    } catch (cause) {
      if (isMissing(cause)) return { objects: [], discarded: 0 };
      throw this.#failure(`cannot list ${this.#locate(path)}`, cause);
    }
  }

  async read(path: string): Promise<Buffer | undefined> {
    try {
      return await readOwnFile(this.#root, objectPath(path), this.#disk);
    } catch (cause) {
      if (isMissing(cause)) return undefined;
      throw this.#failure(`cannot read ${this.#locate(path)}`, cause);
    }
  }

  async remove(paths: readonly string[]): Promise<void> {
    let failed: HlsStreamError | undefined;
    for (const path of paths) {
      await this.#disk.unlink(this.#locate(path)).catch((cause: unknown) => {
        if (!isMissing(cause)) failed ??= this.#failure(`cannot remove ${this.#locate(path)}`, cause);
      });
    }
    if (failed !== undefined) throw failed;
  }

  /** See {@link OpenStorage.space}. */
  async space(): Promise<Space> {
    try {
      const { bavail, blocks, bsize } = await this.#disk.statfs(this.#root);
      return { free: bavail * bsize, size: blocks * bsize };
    } catch (cause) {
      throw this.#failure(`cannot look at ${this.#root}`, cause);
    }
  }

  /** See {@link OpenStorage.size}. */
  async size(path: string): Promise<number | undefined> {
    try {
      const facts = await this.#disk.lstat(this.#locate(path));
      return facts.isFile() ? facts.size : undefined;
    } catch (cause) {
      if (isMissing(cause)) return undefined;
      throw this.#failure(`cannot look at ${this.#locate(path)}`, cause);
    }
  }

  async removeFolder(path: string): Promise<void> {
    this.#knownFolders.clear();
    try {
      await this.#disk.rm(this.#locate(path), { recursive: true, force: true });
    } catch (cause) {
      throw this.#failure(`cannot remove ${this.#locate(path)}`, cause);
    }
  }

  async folders(path: string): Promise<string[]> {
    try {
      const entries = await this.#disk.readdir(this.#locate(path), { withFileTypes: true });
      return entries
        .filter((entry) => entry.isDirectory() && isObjectPath(entry.name))
        .map((entry) => entry.name)
        .sort();
    } catch (cause) {
      if (isMissing(cause)) return [];
      throw this.#failure(`cannot list ${this.#locate(path)}`, cause);
    }
  }

  async #writeWhole(target: string, chunks: readonly Uint8Array[]): Promise<void> {
    this.#drafts += 1;
    const draft = join(dirname(target), `.${process.pid}-${this.#drafts}.draft`);
    try {
      await this.#ensureFolder(dirname(target));
      const file = await this.#disk.open(draft, 'w');
      try {
        const { bytesWritten } = await file.writev(chunks as Uint8Array[]);
        const bytes = chunks.reduce((sum, { length }) => sum + length, 0);
        // A disk that is nearly full takes as much as it can: what it says of the rest is why.
        if (bytesWritten < bytes) await file.writeFile(Buffer.concat(chunks).subarray(bytesWritten));
      } finally {
        await file.close();
      }
      await this.#disk.rename(draft, target);
    } catch (error) {
      this.#knownFolders.clear();
      await this.#disk.unlink(draft).catch(() => {});
      throw error;
    }
  }

  #reportLosses(): void {
    for (const listener of this.#losses) void this.#reportLoss(listener);
  }

  async #reportLoss(listener: LossListener): Promise<void> {
    const there = new Map<string, Promise<ReadonlySet<string>>>();
    // Folders are read once, after the listener has asked, however many objects it asks for.
    const has = async (path: string) => {
      const folder = dirname(path);
      const names = there.get(folder) ?? this.#names(folder);
      there.set(folder, names);
      // What was written while the folder was read may not be among its names.
      return (await names).has(basename(path)) || (await this.size(path)) !== undefined;
    };
    // What cannot be read now is found missing by whoever asks for it.
    await listener(has).catch(() => {});
  }

  async #names(path: string): Promise<ReadonlySet<string>> {
    try {
      const entries = await this.#disk.readdir(this.#locate(path), { withFileTypes: true });
      return new Set(entries.filter((entry) => entry.isFile()).map(({ name }) => name));
    } catch (cause) {
      if (isMissing(cause)) return new Set();
      throw this.#failure(`cannot list ${this.#locate(path)}`, cause);
    }
  }

  #failure(what: string, cause: unknown): HlsStreamError {
    const code = errnoOf(cause) ?? 'other';
    this.failures.set(code, (this.failures.get(code) ?? 0) + 1);
    return diskFailure(what, cause);
  }

  #locate(path: string): string {
    return join(this.#root, objectPath(path));
  }

  async #ensureFolder(folder: string): Promise<void> {
    if (this.#knownFolders.has(folder)) return;
    await this.#disk.mkdir(folder, { recursive: true });
    this.#knownFolders.add(folder);
  }
}
