import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { HlsStreamError } from '../../errors.ts';

/** A port at the end of a Host field. */
const PORT = /:\d{0,5}$/;

/**
 * The names by which this server may be asked. A page of another site can make its own name point here (DNS rebinding)
 * and would then be of the same origin as all that is served; an address, or a name that nobody else can hold, it
 * cannot show in the Host field.
 */
export class OwnHosts {
  readonly #names: ReadonlySet<string>;

  /**
   * @param publicHosts names under which proxies or a DNS show the server
   * @param listened the address listened on, which may be a name
   * @param machine the name of this machine
   */
  constructor(publicHosts: readonly string[], listened = 'localhost', machine = hostname()) {
    const [short = machine] = machine.split('.');
    const names = ['localhost', machine, short, `${short}.local`, listened, ...publicHosts];
    this.#names = new Set(names.map((name) => plain(name)));
  }

  /** Whether a Host field names us; one that is empty, or not there, names nobody. */
  includes(host: string | undefined): boolean {
    if (host === undefined || host === '') return true;
    const name = plain(host.replace(PORT, ''));
    return this.#names.has(name) || isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0;
  }

  /** @throws HlsStreamError FOREIGN_HOST for a name that is not ours */
  check(host: string | undefined): void {
    if (this.includes(host)) return;
    throw new HlsStreamError(
      'FOREIGN_HOST',
      `this server does not go by the name ${host?.replace(PORT, '')}; if it should, start it with --public-host and that name`,
    );
  }
}

/** Names differ neither by case nor by the dot of the root that may end them (RFC 4343, RFC 1034 §3.1). */
function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
