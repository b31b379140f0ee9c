import { LRUCache } from 'lru-cache';
import type { Storage } from '../storage/storage.ts';

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
    const path = `${folder}/${file}`;
    const held = this.held(folder, file);
    if (held !== undefined) return held;
    const bytes = await this.#readOnce(path);
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

  /** The epoch in this folder is over: its live edge is no more. */
  forget(folder: string): void {
    this.#edges.delete(folder);
  }

  #readOnce(path: string): Promise<Loaded> {
    const reading = this.#reading.get(path);
    if (reading !== undefined) return reading;
    const read = this.#storage.read(path).finally(() => this.#reading.delete(path));
    this.#reading.set(path, read);
    return read;
  }
}
