import type Router from '@koa/router';
import type { LiveState } from './live-state.ts';
import type { Metrics } from './metrics.ts';

/** Adds `/healthz` (this process lives), `/readyz` (it has something to serve) and `/metrics`. */
export function healthRoutes(router: Router, live: LiveState, metrics: Metrics): void {
  router.get('/healthz', (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    ctx.body = { status: 'ok' };
  });

  router.get('/readyz', (ctx) => {
    const reasons = [
      ...(live.storeUp ? [] : ['the store cannot be reached']),
      ...(live.streams.some((stream) => (stream.state?.segments.length ?? 0) > 0)
        ? []
        : ['no stream has a segment yet']),
    ];
    ctx.set('Cache-Control', 'no-store');
    ctx.status = reasons.length === 0 ? 200 : 503;
    if (reasons.length > 0) ctx.set('Retry-After', '1');
    ctx.body = reasons.length === 0 ? { status: 'ok' } : { status: 'not ready', reasons };
  });

  router.get('/metrics', async (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    ctx.type = metrics.contentType;
    ctx.body = await metrics.text();
  });
}
