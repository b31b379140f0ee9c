import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import {
  type Config,
  fromEnvironment,
  parseConfig,
  type SettingName,
  settings,
  standardOf,
} from './config/config.ts';
import type { SettingRow } from './config/kinds.ts';
import { type CommandName, isListed, listedSettings } from './config/listing.ts';
import { HlsStreamError, messageOf, withoutSecrets } from './errors.ts';
import { packageFile } from './package-file.ts';
import type { Role } from './processes/child.ts';
import { reportFailure } from './processes/last-words.ts';
import { ROLES, runRole } from './processes/roles.ts';

/** Exit code of a command that was asked for wrongly. */
const MISUSED = 2;

/**
 * Runs the command line and resolves to the exit code. Errors are told in one line on stderr.
 * @param args what follows the program's name
 */
export async function main(args: readonly string[]): Promise<number> {
  let code = 0;
  const program = createProgram((result) => {
    code = result;
  });
  try {
    refuseUnknownCommand(program, args[0]);
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : MISUSED;
    return reportFailure(error);
  }
}

/** Without a command it is `start`, to which a mistyped command would look like an argument. */
function refuseUnknownCommand(program: Command, word: string | undefined): void {
  if (word === undefined || word.startsWith('-') || word === 'help') return;
  const known = program.commands.map((command) => command.name());
  if (known.includes(word)) return;
  throw new HlsStreamError('USAGE', `there is no command ${word}; there are ${known.join(', ')}`);
}

function createProgram(done: (code: number) => void): Command {
  const program = new Command('hlsstream')
    .description('Real-time, seekable HLS from code, with events on the timeline.')
    .version(version())
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'hlsstream: ')) })
    .showHelpAfterError('(hlsstream --help lists all commands, hlsstream start --help all settings)')
    .addHelpText('after', HELP_AFTER);
  const begin = program
    .command('start', { isDefault: true })
    .description('run the whole system (the default)');
  withSettings(begin, 'start').action(async (flags) => {
    const { start } = await import('./commands/start.ts');
    done(await start(readConfig(flags)));
  });
  for (const [role, does] of Object.entries(ROLES) as [Role, string][]) {
    const command = program
      .command(role)
      .description(does)
      .helpGroup('One process of it, with a store of its own (--store):');
    withSettings(command, role).action((flags) => runRole(role, readConfig(flags)));
  }
  const marking = program
    .command('mark')
    .argument('<text>', 'what happened')
    .description('post a marker to a running server')
    .optionsGroup('The marker:')
    .option('--at <time>', 'seconds of stream time or an ISO 8601 date (default: the live edge)')
    .option('--duration <seconds>', 'how long it lasted (default: an instant)')
    .option('--class <class>', 'groups markers, [A-Za-z0-9_.:-]{1,64} (default: note)')
    .addOption(
      new Option('--name <name>', "the stream to mark (default: the server's own)").helpGroup('The marker:'),
    );
  withSettings(marking, 'mark').action(async (text: string, flags) => {
    const { mark } = await import('./commands/mark.ts');
    const config = readConfig(flags);
    const named = flags.name ?? fromEnvironment(process.env).name;
    done(await mark(config, text, { ...flags, stream: named === undefined ? undefined : config.name }));
  });
  const signing = program
    .command('sign')
    .argument('<path>', 'path or address, such as /video/yard.m3u8; / for everything')
    .description('sign a path of a private system, so that any player may read it for a while')
    .optionsGroup('The signature:')
    .option('--for <time>', 'how long it holds: seconds, or 30m, 12h, 7d', '1h');
  withSettings(signing, 'sign').action(async (path: string, flags) => {
    const { sign } = await import('./commands/sign.ts');
    done(await sign(readConfig(flags), path, flags.for));
  });
  const checking = program
    .command('doctor')
    .description('check what the system needs, open the source, and say what to do');
  withSettings(checking, 'doctor').action(async (flags) => {
    const { doctor } = await import('./commands/doctor.ts');
    done(await doctor(readConfig(flags)));
  });
  return program;
}

const HELP_AFTER = `
Every flag can also be given in the environment: --data-dir as HLSSTREAM_DATA_DIR.
hlsstream start --help lists them with units, defaults and ranges.

Examples:
  hlsstream                                        the chessboard, at http://127.0.0.1:5000/
  hlsstream --source clip.mp4 --loop               a film, again and again
  hlsstream --source rtsp://camera/stream --name yard
  program | hlsstream --source - --input-format rgb24 --size 320x240 --fps 25
  hlsstream mark "goal" --class sport
  hlsstream sign /video/yard.m3u8 --for 1h`;

/** Gives a command a flag for every setting; those that do not concern it are not listed. */
function withSettings(command: Command, commandName: CommandName): Command {
  const own = new Set(command.options.map((option) => option.attributeName()));
  for (const { name: listed, group } of listedSettings()) {
    const name = listed as SettingName;
    if (own.has(name)) continue;
    const row: SettingRow = settings[name];
    const option = new Option(
      row.value === undefined ? `--${row.flag}` : `--${row.flag} ${row.value}`,
      describe(name),
    );
    if (row.form === 'list') option.argParser((value: string, all: string[] = []) => [...all, value]);
    option.helpGroup(`${group}:`).hideHelp(!isListed(commandName, name, group));
    command.addOption(option);
  }
  return command;
}

function describe(name: SettingName): string {
  const { description }: SettingRow = settings[name];
  const standard = standardOf(name);
  if (standard === undefined || (Array.isArray(standard) && standard.length === 0)) return description;
  const shown = name === 'size' ? '640x360' : String(standard);
  return `${description} (default: ${shown})`;
}

/** Flags win over the environment. */
function readConfig(flags: Record<string, unknown>): Config {
  const environment = fromEnvironment(process.env);
  const given: Partial<Record<SettingName, unknown>> = Object.fromEntries(
    Object.keys(settings).map((name) => [name, flags[name] ?? environment[name as SettingName]]),
  );
  for (const [named, of] of FILES) {
    const file = given[named];
    if (typeof file !== 'string' || flags[of] !== undefined) continue;
    const lines = linesOf(file, settings[named].flag);
    given[of] = settings[of].form === 'list' ? lines.filter((line) => line !== '') : lines[0];
  }
  const config = parseConfig(given);
  hideArguments(flags);
  return config;
}

/** Settings that name a file, each with the one whose value stands in it. */
const FILES = [
  ['sourceFile', 'source'],
  ['webhookFile', 'webhook'],
  ['webhookSecretFile', 'webhookSecret'],
  ['mqttFile', 'mqtt'],
] as const satisfies readonly (readonly [SettingName, SettingName])[];

/** @throws HlsStreamError USAGE for a file that cannot be read */
function linesOf(file: string, flag: string): string[] {
  try {
    return readFileSync(file, 'utf8')
      .split(/\r?\n/)
      .map((line) => line.trim());
  } catch (cause) {
    throw new HlsStreamError('USAGE', `--${flag} ${file} cannot be read (${messageOf(cause)})`, { cause });
  }
}

/** Takes secrets that were given as flags out of what the list of processes shows of this one. */
function hideArguments(flags: Record<string, unknown>): void {
  const secrets = (Object.keys(settings) as SettingName[])
    .filter((name) => (settings[name] as SettingRow).secret)
    .flatMap((name) => [flags[name] ?? []].flat().map(String));
  const shown = process.argv.slice(2).map((argument) => {
    const secret = secrets.find((text) => argument.endsWith(text));
    return withoutSecrets(secret === undefined ? argument : argument.replace(secret, '***'));
  });
  if (shown.join(' ') !== process.argv.slice(2).join(' ')) process.title = `hlsstream ${shown.join(' ')}`;
}

function version(): string {
  return (JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { version: string }).version;
}
