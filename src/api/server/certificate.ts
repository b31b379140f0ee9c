import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { HlsStreamError } from '../../errors.ts';

/** A certificate chain and its key, as PEM. */
export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** The settings that say where they lie. */
export interface CertificateFiles {
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  /** Port that sends plain HTTP to HTTPS. */
  readonly httpRedirect: number | undefined;
}

/**
 * Reads the certificate that the settings name, checked so far as can be; undefined for plain HTTP.
 * @throws HlsStreamError USAGE when a setting lacks its other half; TLS_INVALID when a file cannot be read, is
 *   no PEM, the key is another certificate's, or the certificate has expired
 * @param now milliseconds since the Unix epoch
 */
export function readCertificate(
  { tlsCert, tlsKey, httpRedirect }: CertificateFiles,
  now = Date.now(),
): Certificate | undefined {
  if (tlsCert === undefined || tlsKey === undefined) {
    if (tlsCert !== undefined)
      throw new HlsStreamError('USAGE', '--tls-cert needs its key: give --tls-key too');
    if (tlsKey !== undefined)
      throw new HlsStreamError('USAGE', '--tls-key needs its certificate: give --tls-cert too');
    if (httpRedirect === undefined) return undefined;
    throw new HlsStreamError(
      'USAGE',
      '--http-redirect leads to HTTPS, which is not served: give --tls-cert and --tls-key too',
    );
  }
  const [cert, key] = [read('--tls-cert', tlsCert), read('--tls-key', tlsKey)];
  const certificate = parse('--tls-cert', tlsCert, 'a certificate', () => new X509Certificate(cert));
  const privateKey = parse('--tls-key', tlsKey, 'a private key', (): KeyObject => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey)) {
    throw invalid(
      `--tls-key ${tlsKey} is not the key of --tls-cert ${tlsCert}; give the pair that belongs together`,
    );
  }
  if (Date.parse(certificate.validTo) < now) {
    throw invalid(`--tls-cert ${tlsCert} has expired (${certificate.validTo}); renew it`);
  }
  // What TLS itself refuses is refused now: a key that is too short, a chain that is broken.
  parse('--tls-cert', tlsCert, 'a certificate that TLS takes', () => createSecureContext({ cert, key }));
  return { cert, key };
}

function read(flag: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw invalid(`${flag} ${path} cannot be read (${(cause as NodeJS.ErrnoException).code})`, cause);
  }
}

function parse<T>(flag: string, path: string, what: string, attempt: () => T): T {
  try {
    return attempt();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason =
      code === 'ERR_MISSING_PASSPHRASE' ? 'it is encrypted; give one without a passphrase' : message;
    throw invalid(`${flag} ${path} is not ${what} in PEM form: ${reason}`, cause);
  }
}

function invalid(message: string, cause?: unknown): HlsStreamError {
  return new HlsStreamError('TLS_INVALID', message, { cause });
}
