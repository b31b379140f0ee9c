import { HlsStreamError } from '../errors.ts';
import type { HookEvent, SentEvent } from '../hooks/event.ts';
import { Hook, type HookCounts, type StreamsSeen } from '../hooks/hook.ts';
import type { Receiver } from '../hooks/receiver.ts';
import { takeLease } from '../lease/take-lease.ts';
import { aborted } from '../source/aborted.ts';
import type { Store } from '../store/store.ts';
import type { Host } from './host.ts';
import { launched } from './last-words.ts';
import { openProblemReport } from './problem-report.ts';
import { reportStats } from './stats.ts';
import { logLease } from './stream-log.ts';
import { watchStreams } from './streams-seen.ts';

/** How often it is looked whether what is sent gets through, in milliseconds. */
const LOOK_MS = 500;

/** Who is told what. */
export interface SendHooksOptions {
  readonly store: Store;
  readonly receivers: readonly { readonly key: string; readonly name: string; readonly receiver: Receiver }[];
  /** Which classes and streams are told of; all where none is named. */
  readonly classes: readonly string[];
  readonly streams: readonly string[];
  /** How many events may wait for each. */
  readonly queue: number;
  /** Whose problems those of a hook are shown with. */
  readonly defaultName: string;
  readonly describe: (event: HookEvent) => SentEvent;
  /** How this is called in `/metrics`. */
  readonly statsName: string;
}

/** Tells each receiver what happens, until the host stops; of those that share a store one tells it, the others stand by. */
export async function sendHooks(host: Host, options: SendHooksOptions): Promise<void> {
  const { log, stopping } = host;
  const { store, receivers, defaultName, statsName } = options;
  const failed = (err: unknown) => log.warn({ err }, 'the store cannot be read');
  const seen = await watchStreams(store, defaultName, stopping, failed);
  const counts = receivers.map((): HookCounts => ({ sent: 0, failed: 0, dropped: 0, queued: 0 }));
  const sum = (of: keyof HookCounts) => counts.reduce((all, each) => all + each[of], 0);
  const stopStats = reportStats(store, statsName, () => ({
    hooks_sent: sum('sent'),
    hooks_failed: sum('failed'),
    hooks_dropped: sum('dropped'),
    hooks_queued: sum('queued'),
  }));
  host.ready({ hooks: receivers.map(({ receiver }) => receiver.label) });
  try {
    const all = receivers.map((each, index) =>
      keepSending(host, options, { ...each, seen, counts: counts[index] as HookCounts }),
    );
    await Promise.race([Promise.all(all), host.crashed]);
  } finally {
    stopStats();
    seen.close();
  }
}

interface HookTarget {
  readonly key: string;
  readonly name: string;
  readonly receiver: Receiver;
  readonly seen: StreamsSeen;
  readonly counts: HookCounts;
}

/** Tells one receiver whenever the lease for that can be had. */
async function keepSending(host: Host, options: SendHooksOptions, target: HookTarget): Promise<void> {
  const { log, stopping } = host;
  const { key, receiver, name } = target;
  const { store, defaultName } = options;
  const problems = launched ? await openProblemReport(store, defaultName, name) : undefined;
  try {
    while (!stopping.aborted) {
      const lease = await takeLease({
        ...{ store, subject: `hooks/${key}`, wait: true, signal: stopping },
        ...logLease(log, () => {}),
      });
      if (lease === undefined) return;
      const signal = AbortSignal.any([stopping, lease.lost]);
      const hook = await Hook.open({ ...options, ...target, right: lease, log, signal });
      let reported: string | undefined;
      const look = setInterval(() => {
        const trouble = hook?.trouble;
        if (trouble === undefined) problems?.works();
        else if (trouble !== reported) void problems?.report(new HlsStreamError('HOOK_FAILED', trouble));
        reported = trouble;
      }, LOOK_MS);
      try {
        if (hook !== undefined) await Promise.race([aborted(signal), hook.failed.catch(leave(signal))]);
      } finally {
        clearInterval(look);
        await hook?.close();
        await receiver.close?.();
        await lease.release();
      }
      if (lease.lost.aborted) log.warn({ reason: lease.lost.reason.message }, 'standing by again');
    }
  } finally {
    problems?.close();
  }
}

/** What cannot be kept because somebody else has the lease by now is theirs. */
function leave(signal: AbortSignal): (error: unknown) => void {
  return (error) => {
    const code = error instanceof HlsStreamError ? error.code : undefined;
    if (!signal.aborted && code !== 'STORE_FENCED') throw error;
  };
}
