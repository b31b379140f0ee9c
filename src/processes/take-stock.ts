import { toErrorRecord } from '../errors.ts';
import { mendMedia } from '../packager/mend-media.ts';
import type { Publisher } from '../packager/publisher.ts';
import { isStorageFailure, type OpenStorage, type Storage } from '../storage/storage.ts';
import type { Host } from './host.ts';
import type { ProblemReport } from './problem-report.ts';
import { storageAgain } from './storage-again.ts';

interface Shelves {
  readonly host: Pick<Host, 'log' | 'stopping' | 'predecessor'>;
  readonly media: Pick<OpenStorage, 'stock' | 'size'>;
  readonly storage: Storage;
  /** What it waits for, in `/readyz`. */
  readonly problems: Pick<ProblemReport, 'report'>;
}

/** Segments that are looked at where the system went on: the machine did not lose its power, and viewers wait. */
const NEWEST = 32;

const NOTHING = { mended: 0, lost: 0 };

/**
 * What lies in storage of the epoch that is gone on with, after what was left half done in it was mended, which is logged.
 * Undefined where the storage does not say.
 */
export async function takeStock(
  { host, media, storage, problems }: Shelves,
  publisher: Publisher,
): Promise<readonly string[] | undefined> {
  const { log, stopping, predecessor } = host;
  const { name, epoch } = publisher.state.stream;
  const take = async () => media.stock?.(`${name}/${epoch}`);
  const stock = await storageAgain(stopping, log, take, (error) => void problems.report(error));
  if (stock === undefined) return undefined;
  if (stock.discarded > 0) log.warn({ files: stock.discarded }, 'half written media is removed');
  try {
    const { size } = media;
    const newest = predecessor === undefined ? undefined : NEWEST;
    const { mended, lost } = size ? await mendMedia(publisher, storage, size, newest) : NOTHING;
    if (mended > 0) log.warn({ files: mended }, 'media that was damaged or deleted is whole again');
    if (lost > 0) log.warn({ files: lost }, 'media that was damaged, as by a power cut, is gone');
  } catch (error) {
    if (!isStorageFailure(error)) throw error;
    log.warn(toErrorRecord(error), 'whether what is listed is whole cannot be told');
  }
  return stock.objects;
}
