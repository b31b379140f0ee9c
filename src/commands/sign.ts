import { reachedBy } from '../api/access/reached.ts';
import { ReadAccess } from '../api/access/read-access.ts';
import type { Config } from '../config/config.ts';
import { HlsStreamError } from '../errors.ts';
import { signKeys } from '../processes/access-keys.ts';

/** Seconds in what a time may end with. */
const UNITS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 };

/** The longest time a signature may hold: a year, in seconds. */
const LONGEST = 31_536_000;

/**
 * `hlsstream sign PATH`: prints the path with a signature that opens the stream it names, or all. Needs no server, but
 * its keys. Resolves to the exit code.
 * @param given a path, or the whole address
 * @param time how long it holds: `90`, `30m`, `1h`, `7d`
 * @throws HlsStreamError USAGE for what is no path of ours or no time
 */
export async function sign(config: Config, given: string, time: string): Promise<number> {
  const [, origin = '', path = ''] = /^(https?:\/\/[^/]+)?(\/(?!\/)[^\s#]*)$/i.exec(given) ?? [];
  if (path === '') {
    throw new HlsStreamError('USAGE', `sign ${given}: it takes a path such as /video/yard.m3u8`);
  }
  const [, amount = '', unit = ''] = /^(\d{1,9})([smhd]?)$/.exec(time) ?? [];
  const seconds = Number(amount) * (UNITS[unit] ?? 1);
  if (!(seconds >= 1 && seconds <= LONGEST)) {
    throw new HlsStreamError('USAGE', `--for ${time}: it takes seconds, or 30m, 12h, 7d, a year at most`);
  }
  const before = config.publicPath?.replace(/\/$/, '') ?? '';
  const own = path.startsWith(`${before}/`) ? path.slice(before.length) : path;
  const reached = reachedBy(own);
  if (reached === 'nothing') {
    throw new HlsStreamError(
      'USAGE',
      `sign ${given}: this path leads to nothing; name a stream as /video/yard.m3u8 does, or none as / does`,
    );
  }
  const access = new ReadAccess({ tokens: [], keys: await signKeys(config), now: Date.now });
  const signed = access.signPath(own, seconds, typeof reached === 'object' ? [reached.stream] : undefined);
  process.stdout.write(`${origin}${before}${signed.path}\n`);
  return 0;
}
