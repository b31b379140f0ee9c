import type { Config } from '../config/config.ts';
import { HlsStreamError } from '../errors.ts';
import { asChild } from './child.ts';
import { openChildStore } from './child-store.ts';
import { hookOptions, serverAddress } from './hook-options.ts';
import { sendHooks } from './send-hooks.ts';
import { statsName } from './shares-store.ts';

/** The hooks child: tells other systems what happens, each by itself, until it is told to stop. */
export async function run(config: Config): Promise<void> {
  const child = asChild('hooks', config);
  const { log, predecessor } = child;
  const base = () => serverAddress(config, config.port);
  const options = await hookOptions(config, { log, base, continues: predecessor !== undefined });
  if (options === undefined)
    throw new HlsStreamError('USAGE', 'hooks tells nobody anything; give it --webhook <url> or --mqtt <url>');
  const store = await openChildStore(child);
  try {
    await sendHooks(child, { ...options, store, statsName: statsName('hooks', config) });
  } finally {
    await store.close();
  }
}
