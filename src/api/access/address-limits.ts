import type { IncomingHttpHeaders } from 'node:http';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { type Milliseconds, millisecondsToSeconds, secondsToMilliseconds } from '../../clock.ts';
import { HlsStreamError } from '../../errors.ts';

/** What is limited. */
export type Limited = 'failed tokens' | 'writing' | 'event streams' | 'blocked requests';

/** How much one address may do; without limit where undefined. */
export interface AddressLimitsOptions {
  /** Tokens that are none: so many at once, and one more each six seconds. */
  readonly failedTokens?: number | undefined;
  /** Requests that write, a second. */
  readonly writes?: number | undefined;
  /** Event streams that are open. */
  readonly events?: number | undefined;
  /** Requests that are held back until new media comes. */
  readonly blocked?: number | undefined;
  /** Proxies, as addresses or CIDR, whose X-Forwarded-For is believed. */
  readonly trustProxy?: readonly string[] | undefined;
  /** Milliseconds on a clock that nobody sets. */
  readonly now: () => Milliseconds;
  /** Told of each that is refused, and of each token that is none. */
  readonly refused?: ((what: Limited, address: string) => void) | undefined;
}

/** An address did too much of something. */
export class TooMany extends HlsStreamError {
  /** When it may again, in seconds from now. */
  readonly retryAfter: number;

  constructor(what: Limited, retryAfter: number) {
    super('TOO_MANY_REQUESTS', `too many ${what} from this address; try again in ${retryAfter} s`);
    this.retryAfter = retryAfter;
  }
}

/** Where a request comes from. */
export interface From {
  readonly remoteAddress?: string | undefined;
  readonly headers: Readonly<IncomingHttpHeaders>;
}

/** Seconds until one more token may be tried, and how much of a second's writing may come at once. */
const SECONDS_PER_TOKEN = 6;
const BURST_SECONDS = 5;

/** How long who has too much open is asked to wait, in seconds. */
const WAIT = 5;

/** Addresses that are told apart; beyond that those that did the least are forgotten first. */
const MOST = 50_000;

/** Keeps any one address from guessing, and from taking what is there for all. */
export class AddressLimits {
  readonly #options: AddressLimitsOptions;
  readonly #proxies = new BlockList();
  /** When an address will have used up nothing any more, in milliseconds of that clock. */
  readonly #failures = new Map<string, number>();
  readonly #writes = new Map<string, number>();
  readonly #open = {
    'event streams': new Map<string, number>(),
    'blocked requests': new Map<string, number>(),
  };

  readonly #listeners = new Set<(address: string) => void>();

  constructor(options: AddressLimitsOptions) {
    this.#options = options;
    for (const proxy of options.trustProxy ?? []) {
      const [address = '', bits] = proxy.split('/');
      const family = isIPv6(address) ? 'ipv6' : 'ipv4';
      this.#proxies.addSubnet(address, Number(bits ?? (family === 'ipv6' ? 128 : 32)), family);
    }
  }

  /**
   * The address of whoever asks, of IPv6 its network: one host has 2^64 of those. Proxies that are trusted say in
   * X-Forwarded-For for whom they ask; the last one that is none of them is it, for what stands before that anybody
   * may have written.
   */
  addressOf({ remoteAddress = '', headers }: From): string {
    let address = remoteAddress;
    const forwarded = headers['x-forwarded-for'];
    // Each waiting viewer is counted: most come by no proxy.
    const said = forwarded === undefined ? [] : String(forwarded).split(',');
    while (said.length > 0 && this.#isProxy(address)) {
      const before = withoutPort(said.pop()?.trim() ?? '');
      if (isIP(before) === 0) break;
      address = before;
    }
    return network(address);
  }

  /** @throws TooMany while so many tokens were wrong that none is looked at */
  checkTokens(from: From): void {
    const wait = this.#waitForTokens(from);
    if (wait > 0) throw this.#tooMany('failed tokens', from, wait);
  }

  /** Whether {@link checkTokens} would throw. */
  hasFailed(from: From): boolean {
    return this.#waitForTokens(from) > 0;
  }

  #waitForTokens(from: From): number {
    const { failedTokens, now } = this.#options;
    if (failedTokens === undefined) return 0;
    const free = secondsToMilliseconds((failedTokens - 1) * SECONDS_PER_TOKEN);
    return (this.#failures.get(this.addressOf(from)) ?? 0) - now() - free;
  }

  /** A token was wrong. */
  tokenFailed(from: From): void {
    if (this.#options.failedTokens === undefined) return;
    const address = this.addressOf(from);
    this.tokenFailedElsewhere(address);
    this.#options.refused?.('failed tokens', address);
    for (const listener of this.#listeners) listener(address);
  }

  /** A token was wrong that this address showed another process. */
  tokenFailedElsewhere(address: string): void {
    if (this.#options.failedTokens !== undefined)
      this.#use(this.#failures, address, secondsToMilliseconds(SECONDS_PER_TOKEN));
  }

  /** Calls `listener` with the address of each {@link tokenFailed}; returns the unsubscribe. */
  onTokenFailed(listener: (address: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @throws TooMany for who writes too fast */
  writes(from: From): void {
    const { writes, now } = this.#options;
    if (writes === undefined) return;
    const over = (this.#writes.get(this.addressOf(from)) ?? 0) - now() - secondsToMilliseconds(BURST_SECONDS);
    if (over > 0) throw this.#tooMany('writing', from, over);
    this.#use(this.#writes, this.addressOf(from), secondsToMilliseconds(1 / writes));
  }

  /** Counts what stays open; call what it returns when that is over. @throws TooMany */
  opens(what: 'event streams' | 'blocked requests', from: From): () => void {
    const most = what === 'event streams' ? this.#options.events : this.#options.blocked;
    if (most === undefined) return () => {};
    const counts = this.#open[what];
    const address = this.addressOf(from);
    const count = counts.get(address) ?? 0;
    if (count >= most) throw this.#tooMany(what, from, secondsToMilliseconds(WAIT));
    counts.set(address, count + 1);
    return () => {
      const left = (counts.get(address) ?? 1) - 1;
      if (left === 0) counts.delete(address);
      else counts.set(address, left);
    };
  }

  #use(times: Map<string, number>, address: string, cost: number): void {
    const now = this.#options.now();
    const until = Math.max(times.get(address) ?? 0, now) + cost;
    times.delete(address);
    times.set(address, until);
    for (const [oldest, over] of times) {
      if (over > now && times.size <= MOST) break;
      times.delete(oldest);
    }
  }

  #tooMany(what: Limited, from: From, wait: number): TooMany {
    this.#options.refused?.(what, this.addressOf(from));
    return new TooMany(what, Math.max(1, Math.ceil(millisecondsToSeconds(wait))));
  }

  #isProxy(address: string): boolean {
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
    const version = isIP(plain);
    return version !== 0 && this.#proxies.check(plain, version === 6 ? 'ipv6' : 'ipv4');
  }
}

/** Some proxies write the port, too: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function withoutPort(said: string): string {
  const [, bracketed, dotted] = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d{1,5})?$/.exec(said) ?? [];
  return bracketed ?? dotted ?? said;
}

function network(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!isIPv6(plain)) return plain;
  const [before = '', after] = plain.split('::');
  const groups = before === '' ? [] : before.split(':');
  const rest = after === undefined || after === '' ? [] : after.split(':');
  while (after !== undefined && groups.length + rest.length < 8) groups.push('0');
  return [...groups, ...rest]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
