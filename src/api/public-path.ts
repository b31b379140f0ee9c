/** What lies at the server's root: the first segment of every route, and the files of the viewer. */
const OWN =
  /^\/(?:$|(?:video|streams|markers|clips|embed|healthz|readyz|metrics|openapi\.json)(?:\/|$)|[\w-]+\.(?:js|css|svg|html)$)/;

/** The path prefix below which a proxy shows the server, as a setting says; '' when there is none. */
export class PublicPath {
  readonly prefix: string;
  /** A prefix that is called as a path of ours: with it one cannot see at once whether it was taken off. */
  readonly #isLikeOurs: boolean;

  /** @param prefix begins with a slash and ends without one, or '' */
  constructor(prefix: string) {
    this.prefix = prefix;
    this.#isLikeOurs = prefix !== '' && OWN.test(prefix);
  }

  /** A request's target as the routes know it, whether the proxy takes the prefix off or not. */
  below(target: string): string {
    const { prefix } = this;
    if (prefix === '' || !target.startsWith(`${prefix}/`)) return target;
    const rest = target.slice(prefix.length);
    const isOurs = !this.#isLikeOurs || OWN.test(rest.split('?', 1)[0] ?? '');
    return isOurs ? rest : target;
  }
}
