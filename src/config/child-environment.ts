import { withoutSecrets } from '../errors.ts';
import { accessSettings } from './access.ts';
import { type Config, environmentName, type SettingName, settings, standardOf } from './config.ts';
import { HANDED, handOver } from './handed-config.ts';
import { hookSettings } from './hooks.ts';

/** Says to a launcher that a program that uses the library started it. */
export const OWNED = 'HLSSTREAM_OWNED';

/** A process as far as its settings go. */
type Role = 'sync' | 'input' | 'stream' | 'detect' | 'hooks' | 'api';

/** What is said of the source, which may hold a camera's password. */
const SOURCE: readonly SettingName[] = [
  'source',
  'sourceFile',
  'inputFormat',
  'inputFraming',
  'inputOption',
  'loop',
];

/** Who may read and write. */
const ACCESS: readonly SettingName[] = ['token', ...(Object.keys(accessSettings) as SettingName[])];

/** Who is told of events, and the passwords for that. */
const HOOKS = Object.keys(hookSettings) as SettingName[];

/** What a process has no business knowing. */
const UNKNOWN_TO: Readonly<Record<Role, readonly SettingName[]>> = {
  sync: ['detector', ...SOURCE, ...ACCESS, ...HOOKS],
  api: ['detector', ...SOURCE, ...HOOKS],
  // It signs paths as the API does.
  hooks: ['detector', ...SOURCE],
  detect: ['sourceFile', 'inputOption', ...ACCESS, ...HOOKS],
  input: ['detector', 'sourceFile', ...ACCESS, ...HOOKS],
  stream: ['detector', 'sourceFile', ...ACCESS, ...HOOKS],
};

/**
 * The environment of a child: that of this process, but of our settings those that are its own, in one variable.
 * `undefined` takes a variable away from what would be inherited.
 */
export function childEnvironment(
  inherited: NodeJS.ProcessEnv,
  config: Config,
  role: Role,
): Record<string, string | undefined> {
  const environment: Record<string, string | undefined> = { ...inherited };
  for (const name of Object.keys(settings) as SettingName[]) environment[environmentName(name)] = undefined;
  const unknown = Object.fromEntries(UNKNOWN_TO[role].map((name) => [name, standardOf(name)]));
  // A detector asks what kind of source it is, not how to get in.
  const source = role === 'detect' ? { source: withoutSecrets(config.source) } : {};
  return { ...environment, [HANDED]: handOver({ ...config, ...unknown, ...source }) };
}
