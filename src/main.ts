import { handedConfig } from './config/handed-config.ts';
import type { Role } from './processes/child.ts';
import { launched, reportFailure } from './processes/last-words.ts';
import { runRole } from './processes/roles.ts';

/**
 * Runs the program and resolves to its exit code. A child of a launcher is what its first argument says, with the settings
 * it was handed; everybody else gives commands.
 * @param args what follows the program's name
 */
export async function main(args: readonly string[]): Promise<number> {
  const config = launched ? handedConfig(process.env) : undefined;
  if (config === undefined) {
    const cli = await import('./cli.ts');
    return cli.main(args);
  }
  try {
    await runRole(args[0] as Role, config);
    return 0;
  } catch (error) {
    return reportFailure(error);
  }
}
