import { mkdir, readdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromEpochMilliseconds, type Milliseconds } from '../clock.ts';
import { keptFor } from './abandoned.ts';
import { lockFolder } from './folder-lock.ts';
import { mediaOf } from './make-room.ts';
import type { OthersUsage, SharedUsage, Usage } from './storage.ts';

/** The file in a stream's folder that says it. */
const FILE = '.usage';

/** Its version; what was written before there was one is of the first, and reads alike. */
const SCHEMA = 2;

/** Who has said nothing for so long is not run any more, in milliseconds. */
const SILENT_MS: Milliseconds = 120_000;

/** The media of all streams of one data directory, whoever runs them. */
export class DirectoryUsage implements SharedUsage {
  readonly #root: string;
  readonly #now: () => number;

  /** @param now milliseconds since the Unix epoch */
  constructor(root: string, now: () => number = Date.now) {
    this.#root = root;
    this.#now = now;
  }

  async write(name: string, usage: Usage): Promise<void> {
    const file = join(this.#root, name, FILE);
    // It is said before there is media, too.
    await mkdir(join(this.#root, name), { recursive: true });
    await writeFile(`${file}.draft`, JSON.stringify({ schema: SCHEMA, ...usage }));
    await rename(`${file}.draft`, file);
  }

  async others(own: string): Promise<OthersUsage[]> {
    const entries = await readdir(this.#root, { withFileTypes: true }).catch(() => []);
    const found = await Promise.all(
      entries
        .filter((entry) => entry.isDirectory() && entry.name !== own && !entry.name.startsWith('.'))
        .map(({ name }) => this.#read(name)),
    );
    return found.filter((usage) => usage !== undefined);
  }

  async shrink(name: string, bytes: number): Promise<number> {
    const folder = join(this.#root, name);
    const keep = await keptFor(folder);
    const options = { wait: 0, ...(keep !== undefined && { keep }) };
    const unlock = await lockFolder(folder, options).catch(() => undefined);
    if (unlock === undefined) return 0;
    try {
      const files = await mediaOf(folder);
      let freed = 0;
      let gone = 0;
      for (const { path, size } of files) {
        if (freed >= bytes) break;
        await unlink(path);
        freed += size;
        gone += 1;
      }
      const left = files.slice(gone);
      const oldest = left[0] === undefined ? null : fromEpochMilliseconds(left[0].written);
      const held = left.reduce((sum, { size }) => sum + size, 0);
      await this.write(name, { bytes: held, oldest, limit: null, left: true });
      return gone;
    } finally {
      await unlock();
    }
  }

  async #read(name: string): Promise<OthersUsage | undefined> {
    const file = join(this.#root, name, FILE);
    try {
      const [text, { mtimeMs }] = await Promise.all([readFile(file, 'utf8'), stat(file)]);
      const { bytes, oldest, limit, left, schema = 1 } = JSON.parse(text) as Usage & { schema?: number };
      // Of a newer version nobody knows what it says, and so nothing of that stream is touched.
      if (!Number.isFinite(bytes) || !(schema <= SCHEMA)) return undefined;
      const live = left !== true && this.#now() - mtimeMs < SILENT_MS;
      return { name, bytes, oldest: oldest ?? null, limit: limit ?? null, live };
    } catch {
      return undefined;
    }
  }
}
