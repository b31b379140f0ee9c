import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A forked script of this folder that answers each order with one message. */
export interface Worker<Order> {
  readonly pid: number;
  /** Sends an order without waiting. */
  send(order: Order): void;
  /** Sends an order; resolves with the answer, rejects after `seconds` or when the process leaves. */
  ask<Answer>(order: Order, seconds?: number): Promise<Answer>;
  stop(): Promise<void>;
}

/** Forks a script of this folder; with `--expose-gc`, so that it can measure its heap. */
export function startWorker<Order extends object>(script: string): Worker<Order> {
  const child: ChildProcess = fork(fileURLToPath(new URL(script, import.meta.url)), {
    execArgv: ['--expose-gc'],
    serialization: 'advanced',
  });
  const left = once(child, 'exit');
  return {
    pid: child.pid ?? 0,
    send: (order) => void child.send(order),
    async ask<Answer>(order: Order, seconds = 120) {
      child.send(order);
      const [answer] = await Promise.race([
        once(child, 'message', { signal: AbortSignal.timeout(seconds * 1000) }),
        left.then(([code]) => Promise.reject(new Error(`${script} left with ${code}`))),
      ]);
      return answer as Answer;
    },
    async stop() {
      child.kill();
      await left;
    },
  };
}
