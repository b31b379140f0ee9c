import type Router from '@koa/router';
import { type Operation, problem } from '../http/operation.ts';
import type { PublicPath } from '../http/public-path.ts';

/** The viewer for frames is this file in the folder of the viewer's files; without it there is nothing. */
const FILE = '/embed.html';

/** Adds `/embed`. A slash behind it would make the page look for its files in a folder that is not there. */
export function embedRoutes(router: Router, publicPath: PublicPath): void {
  router.get('/embed', (ctx, next) => {
    if (ctx.path.endsWith('/')) {
      ctx.status = 308;
      ctx.redirect(`${publicPath.of(ctx)}/embed${ctx.search}`);
      return;
    }
    ctx.path = FILE;
    return next();
  });
}

/** What {@link embedRoutes} adds, as OpenAPI describes it. */
export const embedOperations: readonly Operation[] = [
  {
    path: '/embed',
    method: 'get',
    summary: 'The viewer for frames of other pages, as far as --frame-ancestors allows',
    answers: { 200: 'text/html', 404: problem },
  },
];
