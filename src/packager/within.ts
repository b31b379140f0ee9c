/**
 * Waits for `promise`, but at most `milliseconds` (`undefined`: as long as it takes); then `'late'`. The
 * promise goes on and can be waited for again.
 */
export function within<T>(promise: Promise<T>, milliseconds: number | undefined): Promise<T | 'late'> {
  if (milliseconds === undefined) return promise;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve('late'), Math.max(0, milliseconds));
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
