import { inspect } from 'node:util';

/**
 * Given as a callback that is never to be called: a call fails the test. It throws where nobody can catch it, for who
 * calls back may take what is thrown for an error of its own, and go on.
 */
export function unexpected(...what: readonly unknown[]): void {
  queueMicrotask(() => {
    throw new Error(`unexpected call with ${what.map((one) => inspect(one)).join(', ') || 'nothing'}`);
  });
}
