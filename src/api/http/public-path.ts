import type { Context, Middleware } from 'koa';
import { readerOf } from '../access/reader.ts';

/** What lies at the server's root: the first segment of every route, and the files of the viewer. */
const OWN =
  /^\/(?:$|(?:video|streams|markers|clips|embed|s|sign|sign-in|sign-out|access|healthz|readyz|metrics|openapi\.json)(?:\/|$)|[\w-]+\.(?:js|css|svg|html)$)/;

/** A path prefix: segments that mean nothing to URLs and that no browser could read as a host. */
const PREFIX = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~-]{1,64}){1,16}$/;

/** The path prefix below which a proxy shows the server, as a setting says, or each request. */
export class PublicPath {
  /** What the setting says; '' for nothing, undefined where each request may say it. */
  readonly #setting: string | undefined;
  /** A prefix that is called as a path of ours: with it one cannot see at once whether it was taken off. */
  readonly #isLikeOurs: boolean;

  /** @param setting begins with a slash; `/` alone means none */
  constructor(setting?: string) {
    this.#setting = setting?.replace(/\/$/, '');
    this.#isLikeOurs = OWN.test(this.#setting || '-');
  }

  /** A request's target as the routes know it, whether the proxy takes the setting's prefix off or not. */
  below(target: string): string {
    const prefix = this.#setting;
    if (prefix === undefined || prefix === '' || !target.startsWith(`${prefix}/`)) return target;
    const rest = target.slice(prefix.length);
    const isOurs = !this.#isLikeOurs || OWN.test(rest.split('?', 1)[0] ?? '');
    return isOurs ? rest : target;
  }

  /**
   * The prefix that paths in the answer to a request begin with. Without a setting the proxies say it in
   * X-Forwarded-Prefix, the outermost first; what cannot be a path is ignored. Caches are told that the answer
   * differs by it. Behind it stands the signature of a signed path, which what is below it inherits.
   */
  of(ctx: Pick<Context, 'get' | 'vary' | 'req'>): string {
    return this.#before(ctx) + readerOf(ctx.req).prefix;
  }

  #before(ctx: Pick<Context, 'get' | 'vary'>): string {
    if (this.#setting !== undefined) return this.#setting;
    const said = ctx.get('X-Forwarded-Prefix');
    if (said === '') return '';
    ctx.vary('X-Forwarded-Prefix');
    const prefixes = said.split(',');
    const prefix = prefixes.map((each) => each.trim().replace(/\/$/, '')).join('');
    return PREFIX.test(prefix) ? prefix : '';
  }

  /** Sends whoever asks for the prefix without its slash to the page, which looks for its files below it. */
  redirect(): Middleware {
    return (ctx, next) => {
      if (!this.#setting || ctx.path !== this.#setting) return next();
      ctx.status = 308;
      ctx.redirect(`${this.#setting}/${ctx.search}`);
      return undefined;
    };
  }
}
