import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import helmet from 'helmet';
import type { Context, Middleware, Next } from 'koa';

/** How long browsers are to come by HTTPS only, in seconds. */
const HALF_A_YEAR = 15_552_000;

/** What no page of ours asks a browser for, so that nothing that got into one can. */
const NOT_NEEDED = [
  ...['accelerometer', 'camera', 'display-capture', 'geolocation', 'gyroscope', 'magnetometer'],
  ...['microphone', 'midi', 'payment', 'publickey-credentials-get', 'serial', 'usb'],
]
  .map((feature) => `${feature}=()`)
  .join(', ');

/**
 * Headers that keep the page to itself: no script or style but its own, no frame around it. `/embed` alone may be
 * shown in frames.
 * @param frameAncestors by whom: origins, `self`, `none` or `*`
 */
export function securityHeaders(secure: boolean, frameAncestors: readonly string[]): Middleware {
  const page = headers(secure, ['none']);
  const embed = headers(secure, frameAncestors);
  return (ctx: Context, next: Next) => {
    ctx.set(/^\/embed\/?$/.test(ctx.path) ? embed : page);
    return next();
  };
}

/** None of them depends on a request, so they are asked for once and not at each. */
function headers(secure: boolean, ancestors: readonly string[]): Record<string, string> {
  const frames = ancestors.map((source) => (['self', 'none'].includes(source) ? `'${source}'` : source));
  const only = frames.length === 1 ? frames[0] : undefined;
  const setHeaders = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'script-src': ["'self'"],
        'style-src': ["'self'"],
        'img-src': ["'self'", 'data:', 'blob:'],
        'media-src': ["'self'", 'blob:'],
        'connect-src': ["'self'"],
        // video.js carries its icons as a data: font inside its style sheet.
        'font-src': ["'self'", 'data:'],
        'worker-src': ['blob:', "'self'"],
        'base-uri': ["'none'"],
        'form-action': ["'none'"],
        'frame-ancestors': frames,
      },
    },
    // Over plain HTTP a promise of HTTPS would lock the page out.
    strictTransportSecurity: secure && { maxAge: HALF_A_YEAR, includeSubDomains: false },
    // The older header knows no list of origins: where there is one, frame-ancestors alone says it.
    xFrameOptions:
      only === "'none'" ? { action: 'deny' } : only === "'self'" ? { action: 'sameorigin' } : false,
    originAgentCluster: false,
    xDownloadOptions: false,
    xXssProtection: false,
  });
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  setHeaders(response.req, response, (error) => {
    if (error !== undefined) throw error;
  });
  return { ...(response.getHeaders() as Record<string, string>), 'Permissions-Policy': NOT_NEEDED };
}
