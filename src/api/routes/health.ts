import type Router from '@koa/router';
import { checkReadsAll, readerOf } from '../access/reader.ts';
import { component, type Operation } from '../http/operation.ts';
import type { LiveState } from '../live/live-state.ts';
import type { Metrics } from '../metrics/metrics.ts';

/** What these routes tell of. */
export interface HealthSources {
  readonly live: LiveState;
  readonly metrics: Metrics;
  /** What is wrong with the processes beside this one, in sentences. */
  readonly troubles: () => readonly string[];
}

/** Adds `/healthz` (this process lives), `/readyz` (it has something to serve) and `/metrics`. */
export function healthRoutes(router: Router, { live, metrics, troubles }: HealthSources): void {
  router.get('/healthz', (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    ctx.body = { status: 'ok' };
  });

  router.get('/readyz', (ctx) => {
    const reasons = [
      ...(live.storeUp ? [] : ['the store cannot be reached']),
      ...(live.isCaughtUp ? [] : ['what the store holds has not been read yet']),
      ...(live.streams.some((stream) => (stream.state?.segments.length ?? 0) > 0)
        ? []
        : ['no stream has a segment yet']),
    ];
    const ready = reasons.length === 0;
    if (live.storeTrouble !== undefined)
      reasons.push(`the store, ${live.storeTrouble.code}: ${live.storeTrouble.message}`);
    // A stream that does not go on keeps its window: that is served, so this process stays ready.
    reasons.push(...troubles());
    for (const { name, problems } of [...live.starting, ...live.streams]) {
      for (const { process, message } of problems) reasons.push(`${name}, ${process}: ${message}`);
    }
    ctx.set('Cache-Control', 'no-store');
    ctx.status = ready ? 200 : 503;
    if (!ready) ctx.set('Retry-After', '1');
    // Reasons name streams and sources: they are for those who may read all.
    const tells = reasons.length > 0 && readerOf(ctx.req).streams === undefined;
    ctx.body = { status: ready ? 'ok' : 'not ready', ...(tells && { reasons }) };
  });

  router.get('/metrics', async (ctx) => {
    checkReadsAll(readerOf(ctx.req));
    ctx.set('Cache-Control', 'no-store');
    ctx.type = metrics.contentType;
    ctx.body = await metrics.text();
  });
}

/** What {@link healthRoutes} adds, as OpenAPI describes it. */
export const healthOperations: readonly Operation[] = [
  {
    path: '/healthz',
    method: 'get',
    summary: 'Whether this process lives',
    answers: { 200: component('health') },
  },
  {
    path: '/readyz',
    method: 'get',
    summary: 'Whether there is something to play',
    answers: { 200: component('health'), 503: component('health') },
  },
  { path: '/metrics', method: 'get', summary: 'Metrics for Prometheus', answers: { 200: 'text/plain' } },
];
