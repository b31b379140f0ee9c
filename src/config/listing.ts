import { accessSettings } from './access.ts';
import { detectionSettings } from './detection.ts';
import { hookSettings } from './hooks.ts';
import type { Group, SettingRow } from './kinds.ts';
import { retentionSettings } from './retention.ts';
import { serverSettings } from './server.ts';
import { sourceSettings } from './source.ts';
import { streamSettings } from './stream.ts';

/** The commands that take settings. */
export type CommandName =
  | 'start'
  | 'input'
  | 'stream'
  | 'detect'
  | 'hooks'
  | 'api'
  | 'sync'
  | 'mark'
  | 'sign'
  | 'doctor';

const tables: readonly (readonly [Group, Readonly<Record<string, SettingRow>>])[] = [
  ['Source', sourceSettings],
  ['Stream', streamSettings],
  ['Store and media', retentionSettings],
  ['Detection', detectionSettings],
  ['Server', serverSettings],
  ['Access', accessSettings],
  ['Hooks', hookSettings],
];

const everything: readonly Group[] = [
  ...(['Source', 'Stream', 'Encoder', 'Detection'] as const),
  ...(['Server', 'Access', 'Hooks', 'Store and media', 'Log'] as const),
];

/** What a command lists: headings, and settings of other headings that concern it, too. */
const concerns: Readonly<
  Record<CommandName, { readonly groups: readonly Group[]; readonly also: readonly string[] }>
> = {
  start: { groups: everything, also: [] },
  doctor: { groups: everything, also: [] },
  stream: {
    groups: ['Source', 'Stream', 'Encoder', 'Store and media', 'Log'],
    also: ['detectorWidth'],
  },
  detect: {
    groups: ['Detection', 'Log'],
    also: ['name', 'source', 'fps', 'store', 'storePrefix', 'storeReplicas'],
  },
  hooks: {
    groups: ['Hooks', 'Log'],
    also: [
      'name',
      'publicUrl',
      'publicPath',
      'host',
      'port',
      'tlsCert',
      'access',
      'signKey',
      'signKeyFile',
      'store',
      'storePrefix',
      'storeReplicas',
    ],
  },
  api: { groups: ['Server', 'Access', 'Store and media', 'Log'], also: ['name'] },
  sync: { groups: ['Log'], also: [] },
  input: { groups: ['Source', 'Log'], also: ['ffmpeg'] },
  mark: { groups: [], also: ['name', 'host', 'port', 'tlsCert', 'token', 'readToken'] },
  sign: { groups: [], also: ['signKey', 'signKeyFile', 'dataDir', 'publicPath'] },
};

/** All settings in the order in which `--help` lists them, each with its heading. */
export function listedSettings(): readonly { readonly name: string; readonly group: Group }[] {
  const all = tables.flatMap(([heading, table]) =>
    Object.entries(table).map(([name, row]) => ({ name, group: row.group ?? heading })),
  );
  return everything.flatMap((group) => all.filter((row) => row.group === group));
}

/** Whether `--help` of a command lists a setting; all commands take all of them. */
export function isListed(command: CommandName, name: string, group: Group): boolean {
  const { groups, also } = concerns[command];
  return groups.includes(group) || also.includes(name);
}
