import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ReadAccess } from '../../src/api/access/read-access.ts';
import { cpuSeconds, pin } from './accounting.ts';
import type { ApiOrder, Filled } from './filled-api.ts';
import { LoadConnection } from './load-connection.ts';
import { median } from './median.ts';

const API = fileURLToPath(new URL('filled-api.js', import.meta.url));
const KEY = 'a key for measurements only';

/** How many different signatures and cookies there are. */
const READERS = 5000;
const CONNECTIONS = 32;
const REQUESTS = 20_000;
const ROUNDS = 5;

/** What a request shows: it is put before its path, or among its fields. */
interface Shown {
  readonly prefix: string;
  readonly fields: string;
}

/** What reading costs where it is not open to all, beside what it costs where it is; side by side, in turns. */
export async function benchAccess(print: (line: string) => void): Promise<void> {
  print(
    `Access: ${REQUESTS} requests for parts of 37 kB by ${CONNECTIONS} connections, medians of ${ROUNDS} rounds;`,
  );
  print(`  ${READERS} different signatures or cookies in turn. CPU of the API process, pinned to core 0.`);
  const readers = { tokens: [], keys: [KEY] };
  const access = new ReadAccess({ ...readers, now: Date.now });
  const children = [
    fork(API, { serialization: 'advanced' }),
    fork(API, { serialization: 'advanced' }),
  ] as const;
  try {
    const [open, closed] = [await fill(children[0]), await fill(children[1], readers)];
    const numbers = Array.from({ length: READERS }, (_, number) => number);
    const ways: readonly (readonly [string, ChildProcess, Filled, readonly Shown[]])[] = [
      ['open to all', children[0], open, [{ prefix: '', fields: '' }]],
      [
        'signed paths',
        children[1],
        closed,
        numbers.map((n) => ({ prefix: access.signPath('', 3600 + n, undefined).path, fields: '' })),
      ],
      [
        'cookies',
        children[1],
        closed,
        numbers.map((n) => {
          const { name, value } = access.beginSession([`stream-${n}`, 'bench']);
          return { prefix: '', fields: `Cookie: ${name}=${value}\r\n` };
        }),
      ],
    ];
    const costs = new Map<string, number[]>(ways.map(([name]) => [name, []]));
    for (let round = -1; round < ROUNDS; round += 1) {
      for (const [name, child, { port, lastSegment }, shown] of ways) {
        const before = await cpuSeconds(child.pid ?? 0);
        await ask(port, `/video/bench/e1/main/${lastSegment}.0.m4s`, shown);
        const cost = (await cpuSeconds(child.pid ?? 0)) - before;
        // The first round warms up.
        if (round >= 0) costs.get(name)?.push(cost);
      }
    }
    const base = median(costs.get('open to all') ?? []);
    for (const [name, each] of costs) {
      const cost = median(each);
      print(
        `  ${name.padEnd(12)} ${((cost * 1e6) / REQUESTS).toFixed(1)} µs a request, ${(base / cost).toFixed(2)} of the speed`,
      );
    }
  } finally {
    for (const child of children) child.kill();
  }
}

async function fill(child: ChildProcess, readers?: { tokens: never[]; keys: string[] }): Promise<Filled> {
  child.send({
    type: 'fill',
    window: 60,
    part: 37_000,
    segment: 222_000,
    ...(readers && { readers }),
  } satisfies ApiOrder);
  const [filled] = (await once(child, 'message', { signal: AbortSignal.timeout(60_000) })) as [Filled];
  await pin(child.pid ?? 0, 0);
  return filled;
}

/** Sends all requests; rejects at the first that is not answered with 200. */
function ask(port: number, path: string, shown: readonly Shown[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let asked = 0;
    let answered = 0;
    const connections = Array.from({ length: CONNECTIONS }, () => new LoadConnection(port, reject));
    const next = (connection: LoadConnection) => {
      const { prefix, fields } = shown[asked % shown.length] ?? { prefix: '', fields: '' };
      asked += 1;
      connection.get(
        prefix + path,
        false,
        ({ status }) => {
          answered += 1;
          if (status !== 200) reject(new Error(`answered ${status}`));
          else if (asked < REQUESTS) next(connection);
          else if (answered === REQUESTS) {
            for (const each of connections) each.close();
            resolve();
          }
        },
        fields,
      );
    };
    for (const connection of connections) next(connection);
  });
}
