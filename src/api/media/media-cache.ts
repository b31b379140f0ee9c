import { LRUCache } from 'lru-cache';
import type { Storage } from '../../storage/storage.ts';

/** How many of the newest Media Segments of an epoch, with their parts, are held in memory. */
const EDGE_SEGMENTS = 4;

type Loaded = Buffer | undefined;

/**
 * Media bytes in memory: those of the live edge are read once, when they are announced, and kept as long as
 * they are near it; older ones go through a cache bounded by bytes. Who asks for the same object at the same
 * time shares one read.
 */
export class MediaCache {
  readonly #storage: Storage;
  readonly #edges = new Map<string, Map<string, { readonly msn: number; readonly bytes: Buffer }>>();
  readonly #older: LRUCache<string, Buffer>;
  readonly #reading = new Map<string, Promise<Loaded>>();

  /** @param olderBytes how much of what is not at the live edge is kept, in bytes */
  constructor(storage: Storage, olderBytes: number) {
    this.#storage = storage;
    this.#older = new LRUCache({ maxSize: olderBytes, sizeCalculation: (bytes) => bytes.length || 1 });
  }

  /** An object if it is in memory. */
  held(folder: string, file: string): Buffer | undefined {
    return this.#edges.get(folder)?.get(file)?.bytes ?? this.#older.get(`${folder}/${file}`);
  }

  /** An object from memory or storage; undefined if there is none. Rejects with STORAGE_FAILED. */
  async read(folder: string, file: string): Promise<Loaded> {
    return this.held(folder, file) ?? this.#keep(folder, file, await this.#readOnce(`${folder}/${file}`));
  }

  /** The same, however storage answers those who asked before. Rejects with STORAGE_FAILED. */
  async readAnew(folder: string, file: string): Promise<Loaded> {
    return this.held(folder, file) ?? this.#keep(folder, file, await this.#storage.read(`${folder}/${file}`));
  }

  #keep(folder: string, file: string, bytes: Loaded): Loaded {
    const path = `${folder}/${file}`;
    if (bytes !== undefined && this.#edges.get(folder)?.has(file) !== true) this.#older.set(path, bytes);
    return bytes;
  }

  /** Reads what was just announced at the live edge, ahead of the first request. Rejects with STORAGE_FAILED. */
  async announce(folder: string, file: string, msn: number): Promise<void> {
    const edge = this.#edges.get(folder) ?? new Map();
    this.#edges.set(folder, edge);
    if (edge.has(file)) return;
    const bytes = await this.#readOnce(`${folder}/${file}`);
    if (bytes === undefined || this.#edges.get(folder) !== edge) return;
    edge.set(file, { msn, bytes });
    this.#older.delete(`${folder}/${file}`);
    for (const [name, held] of edge) if (held.msn <= msn - EDGE_SEGMENTS) edge.delete(name);
  }

  /**
   * Makes a Media Segment that just closed of its parts, which share its bytes from then on: storage is asked for
   * no byte twice, and memory holds none twice. Rejects with STORAGE_FAILED.
   */
  async announceWhole(folder: string, file: string, parts: readonly string[], msn: number): Promise<void> {
    const path = `${folder}/${file}`;
    if (this.held(folder, file) !== undefined || this.#reading.has(path)) return;
    await this.#shareRead(path, this.#join(folder, file, parts, msn));
  }

  async #join(folder: string, file: string, parts: readonly string[], msn: number): Promise<Loaded> {
    await Promise.all(parts.map((part) => this.announce(folder, part, msn)));
    const edge = this.#edges.get(folder);
    const pieces = parts.map((part) => edge?.get(part)?.bytes).filter((bytes) => bytes !== undefined);
    if (edge === undefined || pieces.length === 0 || pieces.length < parts.length) {
      const bytes = await this.#storage.read(`${folder}/${file}`);
      if (bytes !== undefined) this.#edges.get(folder)?.set(file, { msn, bytes });
      return bytes;
    }
    const bytes = Buffer.concat(pieces);
    let from = 0;
    for (const [index, part] of parts.entries()) {
      const to = from + (pieces[index]?.length ?? 0);
      edge.set(part, { msn, bytes: bytes.subarray(from, to) });
      from = to;
    }
    edge.set(file, { msn, bytes });
    return bytes;
  }

  /** The epoch in this folder is over: its live edge is no more. */
  forget(folder: string): void {
    this.#edges.delete(folder);
  }

  #readOnce(path: string): Promise<Loaded> {
    const reading = this.#reading.get(path);
    return reading ?? this.#shareRead(path, this.#storage.read(path));
  }

  #shareRead(path: string, reading: Promise<Loaded>): Promise<Loaded> {
    const read = reading.finally(() => this.#reading.delete(path));
    this.#reading.set(path, read);
    return read;
  }
}
