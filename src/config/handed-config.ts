import type { Config } from './config.ts';

/**
 * Environment variable in which the launcher hands a child its settings, checked and ready: to read them anew, with all
 * that checks them, took a child longer than most else of its start.
 */
export const HANDED = 'HLSSTREAM_CONFIG';

/** The settings as they are handed on, see {@link handedConfig}. */
export function handOver(config: Config): string {
  return JSON.stringify(config);
}

/** The settings that the launcher handed to this process; undefined where none did. */
export function handedConfig(environment: NodeJS.ProcessEnv): Config | undefined {
  const text = environment[HANDED];
  return text === undefined ? undefined : Object.freeze(JSON.parse(text) as Config);
}
