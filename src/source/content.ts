import { open, readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { HlsStreamError } from '../errors.ts';
import { inputKind, isNumbered, localPath, whatIsAt } from './input-kind.ts';

/** How much of a file is looked at, in bytes. */
const LOOKED_AT = 4096;

/** Text that is media all the same, or leads to it: playlists, descriptions of sessions, drawn or plain pictures. */
const MEDIA_TEXT =
  /^(\uFEFF)?\s*(#EXT|ffconcat|v=0|<\?xml|<MPD|<SmoothStreamingMedia|<svg|YUV4MPEG2|P[1-7FHf]\s|\/\* XPM|#define|#\?R|SIMPLE {2}=|\[playlist\])/;

/** Names of files that hold JavaScript or TypeScript, if they hold text. */
const MODULE = /\.[cm]?[jt]s$/i;

/**
 * Whether a source is a module of code. The name alone does not say so: MPEG transport streams are called `.ts` and
 * `.MTS`, too. @returns its path
 */
export async function modulePath(source: string): Promise<string | undefined> {
  const path = localPath(source);
  if (path === undefined || !MODULE.test(path)) return undefined;
  const head = await headOf(path);
  return head === undefined || (head.length > 0 && isText(head)) ? path : undefined;
}

/**
 * Looks at a file before ffmpeg does, which shows text as pictures of letters, and takes what is missing for a
 * device that may come. Anything that is no file passes.
 * @throws HlsStreamError SOURCE_FAILED with what is there, and what to do
 */
export async function checkContent(source: string): Promise<void> {
  if (inputKind(source) === 'pipe') return;
  const path = localPath(source);
  if (path === undefined || (path.startsWith('/dev/') && !path.startsWith('/dev/shm/'))) return;
  const found = whatIsAt(path);
  if (found === undefined) {
    if (await hasNumbered(path)) return;
    throw failed(
      `there is no file ${path}; give --source chessboard, a file, URL or device that ffmpeg reads, ./module.js, or -`,
    );
  }
  if (found.isDirectory())
    throw failed(`${path} is a folder; name a file in it, or its pictures as %03d.png`);
  if (!found.isFile()) return;
  const head = await headOf(path);
  if (head?.length === 0) throw failed(`the file ${path} is empty; give one with pictures in it`);
  if (head !== undefined && isText(head) && !MEDIA_TEXT.test(head.toString('utf8'))) {
    throw failed(
      `${path} is text, neither film nor picture; pipe in what a program draws with --source -, and name a module .js`,
    );
  }
}

function failed(what: string): HlsStreamError {
  return new HlsStreamError('SOURCE_FAILED', what);
}

/** Whether there are files for a name such as `shot%03d.png`, or for one with wildcards. */
async function hasNumbered(path: string): Promise<boolean> {
  const wild = /[*?[]/.test(path);
  if (!wild && !isNumbered(path)) return false;
  if (wild || /%0?\d*d/.test(dirname(path))) return true;
  const [before = '', after = ''] = basename(path).split(/%0?\d*d/);
  const names = await readdir(dirname(path)).catch(() => []);
  return names.some((name) => {
    const number = name.slice(before.length, name.length - after.length);
    return name.startsWith(before) && name.endsWith(after) && /^\d+$/.test(number);
  });
}

/** The first bytes of a file; `undefined` if it cannot be read. */
async function headOf(path: string): Promise<Buffer | undefined> {
  if (!whatIsAt(path)?.isFile()) return undefined;
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return undefined;
  const { buffer, bytesRead } = await file
    .read(Buffer.alloc(LOOKED_AT), 0, LOOKED_AT, 0)
    .finally(() => file.close());
  return buffer.subarray(0, bytesRead);
}

/** Whether these are letters, in whatever encoding: media has control characters in its first bytes. */
function isText(head: Buffer): boolean {
  const isUtf16 = head.length >= 2 && (head.readUInt16BE(0) === 0xfffe || head.readUInt16BE(0) === 0xfeff);
  return isUtf16 || !head.some((byte) => byte < 32 && !(byte >= 9 && byte <= 13) && byte !== 27);
}
