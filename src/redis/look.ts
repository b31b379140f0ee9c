import { RedisConnection } from './redis-connection.ts';
import { goneError } from './redis-failure.ts';
import { maskUrl } from './redis-url.ts';

/** How long a Redis may take to answer, in milliseconds. */
const TIMEOUT_MS = 3000;

/**
 * Resolves to a line that says that a Redis answers; rejects with a STORE_ code. Writes nothing: whether it may is known
 * when the system starts.
 */
export async function lookAtRedis(url: string): Promise<string> {
  const connection = await RedisConnection.open(url);
  try {
    await connection.settled(AbortSignal.timeout(TIMEOUT_MS));
    if (!connection.up) throw connection.failure ?? goneError('doctor');
  } finally {
    connection.close();
  }
  return `${maskUrl(url)} answers`;
}
