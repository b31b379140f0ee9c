import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Makes certificates of its own signing for 127.0.0.1 and localhost in a folder of its own. */
export interface CertificateMaker {
  readonly folder: string;
  /** Writes `<name>.crt` and `<name>.key`; its subject is the name. */
  make(name: string): Promise<{ tlsCert: string; tlsKey: string }>;
  remove(): Promise<void>;
}

/** Opens one; needs openssl. */
export async function certificateMaker(): Promise<CertificateMaker> {
  const folder = await mkdtemp(join(tmpdir(), 'hlsstream-tls-'));
  return {
    folder,
    make: async (name) => {
      const [tlsCert, tlsKey] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
      await run('openssl', [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
        ...['-keyout', tlsKey, '-out', tlsCert, '-days', '30', '-subj', `/CN=${name}`],
        ...['-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'],
      ]);
      return { tlsCert, tlsKey };
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
