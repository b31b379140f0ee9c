import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { HlsStreamError } from '../errors.ts';
import { aborted } from '../source/aborted.ts';
import { hasEpochs } from '../storage/abandoned.ts';
import { makeRoom } from '../storage/make-room.ts';
import { serveStore } from '../store/ipc/ipc-server.ts';
import { type KeptStoreOptions, openKeptStore } from '../store/kept/kept-store.ts';
import { STORE_DAMAGED_KEY } from '../store/store.ts';
import { asChild } from './child.ts';
import { launched } from './last-words.ts';
import { openProblemReport, type ProblemReport } from './problem-report.ts';
import { reportStats } from './stats.ts';
import { storageAgain } from './storage-again.ts';
import { storageFigures } from './storage-watch.ts';

/** How long processes of a launcher that was killed may take to leave the folder, in milliseconds. */
const LEAVING_MS = 5000;

/** What a store that is opened on a full disk is given, in bytes: it writes some megabytes before it tidies up. */
const ROOM = 16 * 1024 * 1024;

/** How often it says that all is well, in milliseconds. */
const WELL_MS = 500;

/** The sync child: holds the one Map, kept on disk, and answers over the launcher's channel until it is told to stop. */
export async function run(config: Config): Promise<void> {
  if (!launched) {
    throw new HlsStreamError('USAGE', 'sync serves only the launcher that started it; run hlsstream start');
  }
  const child = asChild('sync', config);
  const failures = new Map<string, number>();
  let trouble: HlsStreamError | undefined;
  let problems: ProblemReport | undefined;
  const streamFolder = join(config.dataDir, config.name);
  const options: KeptStoreOptions = {
    folder: join(streamFolder, '.store'),
    durability: config.durability,
    // Values come and go as copies already.
    isolated: false,
    // Only as the system starts: one that takes the place of another goes on.
    fresh: config.fresh && child.predecessor === undefined,
    wait: LEAVING_MS,
    signal: child.stopping,
    notice: (sentence) => child.log.warn(sentence),
    failures,
    // Later the stream child does, in order.
    ...(child.predecessor === undefined && { makeRoom: () => makeRoom(streamFolder, ROOM) }),
    trouble: (error) => {
      trouble = error;
      if (error !== undefined) void problems?.report(error);
    },
  };
  const open = async () => {
    const store = await openKeptStore(options);
    // One that is new beside media was deleted: it knew of that.
    const isLost = options.fresh !== true && (await store.keys('')).length === 0;
    if (isLost && (await hasEpochs(streamFolder))) await store.set(STORE_DAMAGED_KEY, Date.now());
    return store;
  };
  const opening = child.predecessor === undefined ? open() : storageAgain(child.stopping, child.log, open);
  const stopServing = serveStore(opening, process);
  const store = await opening;
  const stopStats = reportStats(store, 'sync', () => storageFigures({ failures }));
  problems = await openProblemReport(store, config.name, 'sync');
  if (trouble !== undefined) void problems.report(trouble);
  const stopSaying = whileWell(problems, () => trouble === undefined);
  child.ready();
  await aborted(child.stopping);
  stopSaying();
  stopStats();
  stopServing();
  await store.close();
}

/** Says again and again that all is well while it is; returns the stop. */
function whileWell(problems: ProblemReport, isWell: () => boolean): () => void {
  const timer = setInterval(() => {
    if (isWell()) problems.works();
  }, WELL_MS);
  return () => {
    clearInterval(timer);
    problems.close();
  };
}
