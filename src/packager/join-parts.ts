import { mediaFolder, partFile, type SegmentEntry, segmentFile } from '../hls/playlist-log.ts';
import type { StreamEntry } from '../hls/stream-log.ts';
import type { Storage } from '../storage/storage.ts';

/**
 * Writes the Media Segment that parts in storage make together; says whether all of them are there, and as long as was
 * listed. Rejects with STORAGE_FAILED.
 */
export async function joinParts(
  storage: Storage,
  { name, epoch }: Pick<StreamEntry, 'name' | 'epoch'>,
  { msn, parts }: Pick<SegmentEntry, 'msn' | 'parts'>,
): Promise<boolean> {
  const folder = mediaFolder(name, epoch);
  const madeOf = parts.map((_, part) => `${folder}/${partFile(msn, part)}`);
  const read = await Promise.all(madeOf.map((path) => storage.read(path)));
  const chunks = read.filter((chunk) => chunk !== undefined);
  // A power cut leaves files that are empty, or half written.
  const isWhole = parts.length > 0 && parts.every(({ bytes }, at) => read[at]?.length === bytes);
  if (isWhole) await storage.write(`${folder}/${segmentFile(msn)}`, chunks, { madeOf });
  return isWhole;
}
