import type { Config } from '../config/config.ts';
import type { Role } from './child.ts';
import { launched } from './last-words.ts';

/** What each process of the system is there for. */
export const ROLES: Readonly<Record<Role, string>> = {
  sync: 'hold the store (forked by start)',
  input: 'read standard input (forked by start)',
  stream: 'encode and package frames',
  detect: 'find events in the pictures',
  hooks: 'tell other systems of events',
  api: 'serve viewers',
};

/** Each loads its own modules and no other's. */
const load: Readonly<Record<Role, () => Promise<{ run(config: Config): Promise<void> }>>> = {
  sync: () => import('./sync.ts'),
  input: () => import('./input.ts'),
  stream: () => import('./stream.ts'),
  detect: () => import('./detect.ts'),
  hooks: () => import('./hooks.ts'),
  api: () => import('./api.ts'),
};

/** Runs one of them in this process, until it is told to stop. */
export async function runRole(role: Role, config: Config): Promise<void> {
  // It writes in a font of its own, and @napi-rs/canvas would first read all that are installed: half of what loading it takes.
  if (role === 'stream') process.env.DISABLE_SYSTEM_FONTS_LOAD = '1';
  const { run } = await load[role]();
  await run(config);
  // The channel to the launcher alone would keep the process.
  if (launched) process.disconnect();
}
