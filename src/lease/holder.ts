import { randomBytes } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';

/** The process that holds a lease, as the store names it. */
export interface Holder {
  /** Random, one life of a process: no two holders are ever the same. */
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  /** When the process began, by its own kernel: tells it from a later one with the same number. */
  readonly start: string;
  /** Where its process number means something: one life of a kernel and one process namespace. */
  readonly place: string;
}

/** This process, as a holder of a lease. */
export async function thisProcess(): Promise<Holder> {
  const [start = '', place] = await Promise.all([startOf(process.pid), placeHere()]);
  return { id: randomBytes(8).toString('hex'), host: hostname(), pid: process.pid, start, place };
}

/**
 * True if `holder` is surely gone: it ran beside this process and does no more. False says nothing: of a
 * process on another host, or in another container, only its silence tells.
 */
export async function isSurelyGone(holder: Holder, place: string): Promise<boolean> {
  if (holder.place === '' || holder.place !== place) return false;
  return (await startOf(holder.pid)) !== holder.start;
}

/** Names this life of the machine; empty where that cannot be known. */
export async function bootId(): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return boot.trim();
}

async function placeHere(): Promise<string> {
  const [boot, space] = await Promise.all([bootId(), readlink('/proc/self/ns/pid').catch(() => '')]);
  return boot === '' || space === '' ? '' : `${boot} ${space}`;
}

/**
 * Tells a process from a later one with the same number: its start time where /proc has it (field 22 of
 * stat, proc_pid_stat(5)), else only that it lives. Undefined when there is none.
 */
async function startOf(pid: number): Promise<string | undefined> {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return undefined;
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The second field is a name in brackets that may hold anything; field 22 is the 20th behind it.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? 'alive';
}
