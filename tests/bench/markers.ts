import { request } from 'node:http';
import { SseClient } from '../api/sse-client.ts';
import { startRedis } from '../store/redis-server.ts';
import { startSystem } from '../system/system.ts';
import { pause } from './accounting.ts';
import { quantile } from './median.ts';

const CLIENTS = 4;
const RATES = [1, 10, 100];

/** Markers posted at a steady rate, and when a client of the event stream has them, with either engine. */
export async function benchMarkers(print: (line: string) => void, seconds = 60): Promise<void> {
  print(
    `Markers: posted by ${CLIENTS} clients for ${seconds} s at each rate while a stream runs; arrival: from`,
  );
  print(
    '  when it was due to be posted to the change being read from the event stream. Exactly once and in the order of each client.',
  );
  for (const engine of ['map', 'redis'] as const) {
    const redis = engine === 'redis' ? await startRedis() : undefined;
    const store = redis === undefined ? [] : ['--store', `redis://127.0.0.1:${redis.port}`];
    const system = await startSystem([
      ...store,
      '--size',
      '320x180',
      '--detector',
      'none',
      '--log-level',
      'error',
    ]);
    try {
      await pause(5);
      for (const rate of RATES) print(`  ${engine.padEnd(6)} ${await measure(system.url, rate, seconds)}`);
    } finally {
      await system.stop();
      await redis?.stop();
    }
  }
}

async function measure(url: string, rate: number, seconds: number): Promise<string> {
  const port = Number(new URL(url).port);
  const events = await SseClient.open(port, '/markers/events');
  const sentAt = new Map<string, number>();
  const arrivals: number[] = [];
  const order: string[] = [];
  let taken = events.events.length;
  const note = setInterval(() => {
    const now = performance.now();
    for (; taken < events.events.length; taken += 1) {
      for (const { op, marker } of events.events[taken]?.data.changes ?? []) {
        if (op !== 'open' || !sentAt.has(marker.id)) continue;
        arrivals.push(now - (sentAt.get(marker.id) ?? 0));
        order.push(marker.id);
      }
    }
  }, 1);
  const begun = performance.now();
  let refused = 0;
  const clients = Array.from({ length: CLIENTS }, async (_, client) => {
    for (let count = 0; ; count += 1) {
      // Each client has its own turn within the interval.
      const due = begun + ((count * CLIENTS + client) * 1000) / rate;
      if (due > begun + seconds * 1000) return;
      await pause(Math.max(0, due - performance.now()) / 1000);
      const id = `r${rate}-${client}-${count}`;
      // One that has to wait for the answer to the one before it is late by that.
      sentAt.set(id, due);
      if ((await post(port, { id, text: id, class: 'bench' })) !== 201) refused += 1;
    }
  });
  await Promise.all(clients);
  await pause(2);
  clearInterval(note);
  events.close();
  const twice = order.length - new Set(order).size;
  const missing = [...sentAt.keys()].filter((id) => !order.includes(id)).length;
  const turned = Array.from({ length: CLIENTS }, (_, client) => {
    const counts = order
      .filter((id) => id.startsWith(`r${rate}-${client}-`))
      .map((id) => Number(id.split('-')[2]));
    return counts.filter((count, at) => at > 0 && count < (counts[at - 1] ?? 0)).length;
  }).reduce((sum, one) => sum + one, 0);
  const times = [0.5, 0.99].map((share) => quantile(arrivals, share).toFixed(1));
  return [
    `${String(rate).padStart(3)}/s: ${sentAt.size} posted, ${refused} refused, ${missing} missing, ${twice} twice,`,
    `${turned} out of order; arrival p50 ${times[0]} ms, p99 ${times[1]} ms`,
  ].join(' ');
}

function post(port: number, marker: object): Promise<number> {
  const body = JSON.stringify(marker);
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = request(
      { host: '127.0.0.1', port, path: '/markers', method: 'POST', headers },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
