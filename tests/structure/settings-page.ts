import { environmentName, type SettingName, settings } from '../../src/config/config.ts';
import type { SettingRow } from '../../src/config/kinds.ts';
import { listedSettings } from '../../src/config/listing.ts';

/** Which settings have a default that depends on the machine, or is not for people's eyes. */
const withoutDefault = (row: SettingRow) => row.secret === true;

/** The reference of all settings as Markdown, made from their table: `npm run settings` writes it. */
export function settingsPage(): string {
  const lines = [
    '# Settings',
    '',
    'Each can be given as a flag or in the environment; a flag counts before that. `hlsstream <command> --help` lists those',
    'of a command. This page is made from the table in `src/config/` by `npm run settings`.',
  ];
  let heading = '';
  for (const { name, group } of listedSettings()) {
    if (group !== heading)
      lines.push('', `## ${group}`, '', '| flag, environment | meaning | default |', '| --- | --- | --- |');
    heading = group;
    const row: SettingRow = settings[name as SettingName];
    const flag = `\`--${row.flag}${row.value === undefined ? '' : ` ${row.value}`}\``;
    const times = row.form === 'list' ? ', many times' : '';
    lines.push(
      `| ${flag}${times}<br>\`${environmentName(name as SettingName)}\` | ${escaped(row.description)} | ${escaped(defaultOf(row))} |`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function defaultOf(row: SettingRow): string {
  if (withoutDefault(row)) return '';
  const { success, data } = row.schema.safeParse(undefined);
  if (!success || data === undefined) return '';
  if (Array.isArray(data)) return data.join(', ');
  if (typeof data === 'object' && data !== null && 'width' in data && 'height' in data)
    return `${data.width}x${data.height}`;
  return String(data);
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
